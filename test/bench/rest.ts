import { ask } from './ask.ts'
import type { Cores } from './cores.ts'
import { createSite } from './iris.ts'
import { load, type Load } from './load.ts'
import { rounds, type Measure, type Row } from './measure.ts'
import { startPeer } from './peer.ts'
import type { Program } from './program.ts'
import { rates } from './rates.ts'
import { teamStatus } from '../../src/tools/team-status.ts'

const PATH = '/api/teams/echo/status'

interface Side { readonly name: string, readonly program: Program, readonly loads: Load[] }

/** `team_status` of a team that is awake, with everything on, against the same answer from a bare route and from Express. */
export function createRest (cores: Cores, profile?: string): Measure {
  return {
    name: 'rest',
    what: '`team_status` over REST of a team that is awake: 50 connections that ask as fast as they are answered. Against one bare Fastify route with a response schema that gives the same answer; and against Express 4 with helmet, cors, express-rate-limit and a key, as it is usually set up.',
    async run ({ rounds: count, seconds }) {
      const site = createSite(cores, profile)
      const sides: Side[] = []
      const enter = (name: string, program: Program) => { sides.push({ name, program, loads: [] }) }
      try {
        const iris = await site.start()
        enter('Iris', iris)
        const { key } = iris
        const told = await ask(`${iris.url}/api/teams/tell`, { key, body: JSON.stringify({ toTeam: 'echo', message: 'hello' }) })
        if (told.status !== 200) throw new Error(`The tell was answered ${told.status} ${told.text}`)
        const body = await answer(iris, key)
        const task = { path: PATH, body, schema: teamStatus.output, key }
        enter('bare Fastify route', await startPeer(cores, 'bare-fastify', site.directory, task))
        enter('Express stack', await startPeer(cores, 'express-stack', site.directory, task))
        for (const { program } of sides) {
          if (timeless(await answer(program, key)) !== timeless(body)) throw new Error('The sides do not give the same answer')
        }
        // What has just started is slow; the figures begin after it.
        if (count > 1) for (const { program } of sides) await load(program, PATH, { key, seconds })
        for (const { program, loads } of rounds(count, sides)) loads.push(await load(program, PATH, { key, seconds }))
      } finally {
        await Promise.all(sides.map(({ program }) => program.end()))
        site.remove()
      }
      return rows(sides)
    }
  }
}

async function answer (program: Program, key: string): Promise<Record<string, unknown>> {
  const { status, text } = await ask(program.url + PATH, { key })
  if (status !== 200) throw new Error(`${PATH} was answered ${status} ${text}`)
  return JSON.parse(text) as Record<string, unknown>
}

/** All of an answer but the time at which it was given. */
function timeless ({ timestamp: _, ...body }: Record<string, unknown>): string {
  return JSON.stringify(body)
}

function rows ([iris, ...limits]: Side[]): Row[] {
  const goals = [0.5, 3]
  return limits.flatMap((limit, n) => rates('REST team_status', iris!, limit, goals[n]!))
}
