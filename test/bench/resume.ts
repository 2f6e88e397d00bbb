import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Cores } from './cores.ts'
import { gather } from './crowd.ts'
import { fill, sessionId } from './long-past.ts'
import { createSite } from './iris.ts'
import { rounds, type Measure } from './measure.ts'
import { startPeer } from './peer.ts'
import { probe } from './probe.ts'
import type { Program } from './program.ts'

interface Side { readonly address: string, readonly key: string, readonly rate: number[] }

/** All that a client has missed of a session, over one WebSocket; and how long others wait meanwhile. */
export function createResume (cores: Cores, profile?: string): Measure {
  return {
    name: 'resume',
    what: 'One WebSocket says `resume` and is given all that it missed of a session. Against the least that can be: rows read by better-sqlite3 in large pages, written as frames, a page in one write. And what another client that calls `team_status` over a WebSocket each 5 ms notices of that.',
    async run ({ rounds: count, missed }) {
      const site = createSite(cores, profile)
      const programs: Program[] = []
      const meanwhile: number[] = []
      const alone: number[] = []
      try {
        fill(site.home, { sessions: 1, events: missed })
        const room = `session:${sessionId(0)}`
        const iris = await site.start()
        programs.push(iris)
        const limit = await startPeer(cores, 'replay-ws', site.directory, { path: join(site.home, 'iris.db'), body: {}, key: '' })
        programs.push(limit)
        const replay = (side: Side) => resume(side, { room, missed })
        const sides: Side[] = [{ address: `${iris.url}/ws`, key: iris.key, rate: [] }, { address: limit.url, key: 'none', rate: [] }]
        // What has just started is slow; the figures begin after it.
        if (count > 1) for (const side of sides) await replay(side)
        for (const side of rounds(Math.min(count, 5), sides)) side.rate.push(await replay(side))
        for (let round = 0; round < Math.min(count, 5); round++) {
          let ms = 0
          meanwhile.push(await probe(iris.url, iris.key, async () => { ms = missed / await replay(sides[0]!) * 1_000 }))
          alone.push(await probe(iris.url, iris.key, () => pause(ms)))
        }
        return [
          { measure: `resume with ${missed} missed events`, unit: 'events/s', ours: sides[0]!.rate, limit: sides[1]!.rate, against: 'the rows written as frames', goal: { of: 'ratio', atLeast: 0.5 } },
          { measure: 'a call over another WebSocket meanwhile, p99', unit: 'ms', ours: meanwhile, limit: alone, against: 'the same without it', goal: { of: 'ours', atMost: 50 } }
        ]
      } finally {
        await Promise.all(programs.map(program => program.end()))
        site.remove()
      }
    }
  }
}

/** events/s. Rejects where one does not come. */
async function resume ({ address, key }: Side, { room, missed }: { room: string, missed: number }): Promise<number> {
  const client = await gather(address, { key, count: 1 })
  try {
    await client.begin()
    await client.say(JSON.stringify({ event: 'resume', id: 'resume', data: { after: 0, rooms: [room] } }), 2)
    const { events, holes, ms } = await client.end()
    if (events !== missed || holes > 0) throw new Error(`Of ${missed} events ${events} came, with ${holes} holes`)
    return events / ms * 1_000
  } finally {
    await client.leave()
  }
}
