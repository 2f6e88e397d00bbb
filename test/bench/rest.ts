import { ask } from './ask.ts'
import type { Cores } from './cores.ts'
import { createSite } from './iris.ts'
import { load, type Load } from './load.ts'
import { rounds, type Measure } from './measure.ts'
import { startPeer } from './peer.ts'
import type { Program } from './program.ts'
import { rates } from './rates.ts'
import { teamStatus } from '../../src/tools/team-status.ts'

const PATH = '/api/teams/echo/status'
/** Times as many rounds as elsewhere: one turn that the machine disturbs is a large part of five. */
const MORE = 2

interface Side { readonly name: string, readonly program: Program, readonly key: string, readonly loads: Load[] }

/** `team_status` of a team that is awake, with everything on, against the same answer from a bare route and from Express. */
export function createRest (cores: Cores, profile?: string): Measure {
  return {
    name: 'rest',
    what: '`team_status` over REST of a team that is awake: 50 connections that ask as fast as they are answered; also with `api.logRequests`. Against one bare Fastify route with a response schema that gives the same answer; and against Express 4 with helmet, cors, express-rate-limit and a key, as it is usually set up.',
    async run ({ rounds: count, seconds }) {
      const [site, logging] = [createSite(cores, profile), createSite(cores, undefined, { api: { logRequests: true } })]
      const sides: Side[] = []
      const enter = (name: string, program: Program, key: string) => { sides.push({ name, program, key, loads: [] }) }
      try {
        for (const [name, { start }] of [['Iris', site], ['Iris with a line in its log for each', logging]] as const) {
          const iris = await start()
          enter(name, iris, iris.key)
          const told = await ask(`${iris.url}/api/teams/tell`, { key: iris.key, body: JSON.stringify({ toTeam: 'echo', message: 'hello' }) })
          if (told.status !== 200) throw new Error(`The tell was answered ${told.status} ${told.text}`)
        }
        const [{ program: iris, key }, logs] = sides as [Side, Side]
        const body = await answer(iris, key)
        const task = { path: PATH, body, schema: teamStatus.output, key }
        enter('bare Fastify route', await startPeer(cores, 'bare-fastify', site.directory, task), key)
        enter('Express stack', await startPeer(cores, 'express-stack', site.directory, task), key)
        for (const { program } of sides) {
          if (program !== logs.program && timeless(await answer(program, key)) !== timeless(body)) throw new Error('The sides do not give the same answer')
        }
        // What has just started is slow; the figures begin after it.
        if (count > 1) for (const { program, key } of sides) await load(program, PATH, { key, seconds })
        for (const { program, key, loads } of rounds(MORE * count, sides)) loads.push(await load(program, PATH, { key, seconds }))
      } finally {
        await Promise.all(sides.map(({ program }) => program.end()))
        site.remove()
        logging.remove()
      }
      const [iris, logs, bare, express] = sides as [Side, Side, Side, Side]
      return [
        ...rates('REST team_status', iris, bare, 0.6),
        ...rates('REST team_status', iris, express, 3.5),
        ...rates('REST team_status, a line in the log for each', logs, bare, 0.5)
      ]
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
