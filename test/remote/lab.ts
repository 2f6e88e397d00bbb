import { createEcho } from '../../src/agent/echo.ts'
import type { AgentOptions } from '../../src/agent/agent.ts'
import { createPlaces, elsewhere } from '../../src/agent/launch/places.ts'
import { systemClock } from '../../src/clock.ts'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Team } from '../../schemas/config.ts'
import type { Remote } from '../../schemas/place.ts'
import type { Tell } from '../../schemas/tell.ts'
import type { TeamStatus } from '../../schemas/team.ts'
import { run, type Running } from '../fixtures/running.ts'
import { startSshd, type Sshd } from './sshd.ts'

export type Answer = Tell & { error?: string, message: string, details: Record<string, unknown> }

/** Iris with a team `far`, whose agent runs over ssh: on this machine too, as another would. */
export async function lab (t: Test, { remote = {}, settings = {}, sshd: options = [], team = {} }: {
  remote?: Partial<Remote>, settings?: object, sshd?: readonly string[], team?: Partial<Team>
} = {}): Promise<{ sshd: Sshd, server: Running, call: Call, tell: (message: string, more?: object) => Promise<Answer>, status: () => Promise<TeamStatus> }> {
  const sshd = await startSshd(t, options)
  const server = await run(t, { settings, teams: { far: { remote: { ...sshd.remote, ...remote }, ...team } } })
  const call = caller(server)
  return {
    sshd,
    server,
    call,
    tell: async (message, more = {}) => await call('POST', '/teams/tell', { toTeam: 'far', message, timeout: 0, ...more }) as Answer,
    status: async () => await call('GET', '/teams/far/status') as TeamStatus
  }
}

type Call = (method: string, path: string, body?: object) => Promise<object>

const caller = (server: Running): Call => async (method, path, body) => {
  const response = await fetch(`${server.url}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${server.key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) })
  })
  return await response.json() as object
}

/** An echo agent at a place, without a server around it. */
export function echoAt (folder: string, remote: Remote, options: Partial<AgentOptions> = {}) {
  const place = createPlaces({ clock: systemClock, owner: folder, environment: { PATH: process.env.PATH }, patience: () => 20_000 }).of({ name: 'far', remote } as Team)!
  return { place, agent: elsewhere(place, createEcho({ clock: systemClock, owner: folder, home: join(folder, 'echo'), ...options })) }
}
