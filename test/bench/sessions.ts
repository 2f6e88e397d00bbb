import { setTimeout as pause } from 'node:timers/promises'
import { ask } from './ask.ts'
import type { Cores } from './cores.ts'
import { fill } from './long-past.ts'
import { createSite, type Site } from './iris.ts'
import { rounds, type Measure } from './measure.ts'

/** kB that each may take */
const EACH = 4
const PAGE = 100

interface Side { readonly site: Site, readonly sessions: number, readonly resident: number[] }

/** Resident memory of a server that has shown all its sessions, none of which has a process. */
export function createSessions (cores: Cores): Measure {
  return {
    name: 'sessions',
    what: 'Resident memory of a server that knows many sessions, none of which has a process, and has listed them all. Against the same with one session, listed as often.',
    async run ({ rounds: count, sessions: most, idle }) {
      const sides: Side[] = [most, 1].map(sessions => ({ site: createSite(cores), sessions, resident: [] }))
      try {
        for (const { site, sessions } of sides) fill(site.home, { sessions, events: 0 })
        for (const { site, sessions, resident } of rounds(Math.min(count, 5), sides)) {
          const iris = await site.start()
          try {
            // As many answers on both sides: they leave something behind, too.
            for (let left = most; left > 0; left -= Math.max(PAGE, sessions)) {
              const shown = await list(iris.url, iris.key)
              if (shown !== sessions) throw new Error(`Of ${sessions} sessions ${shown} are there`)
            }
            await pause(idle)
            resident.push(iris.resident())
          } finally {
            await iris.end()
          }
        }
      } finally {
        for (const { site } of sides) site.remove()
      }
      const [ours, limit] = sides as [Side, Side]
      return [{ measure: `resident memory with ${most} idle sessions`, unit: 'MB', ours: ours.resident, limit: limit.resident, against: 'with one', goal: { of: 'added', atMost: EACH * most / 1_000 } }]
    }
  }
}

/** Page by page; how many there are. */
async function list (url: string, key: string): Promise<number> {
  let shown = 0
  for (let cursor = ''; ;) {
    const path = `/api/sessions?limit=${PAGE}${cursor}`
    const { status, text } = await ask(url + path, { key })
    if (status !== 200) throw new Error(`${path} was answered ${status} ${text}`)
    const { sessions, next } = JSON.parse(text) as { sessions: unknown[], next?: number }
    shown += sessions.length
    if (next === undefined) return shown
    cursor = `&cursor=${next}`
  }
}
