import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import auth from '../../plugins/auth.ts'
import errors, { earlyErrors } from '../../plugins/errors.ts'
import limits from '../../plugins/limits.ts'
import security from '../../plugins/security.ts'
import upgrades, { upgradable } from '../../plugins/upgrades.ts'
import type { Api } from '../../schemas/config.ts'
import type { Permission } from '../../schemas/key.ts'
import { TeamName } from '../../schemas/team.ts'
import { TellTimeoutError } from '../../src/errors.ts'
import { defineTool, speaker, type Call, type Caller, type Tool } from '../../src/tool.ts'

/** Where time stands in these tests, Unix ms. */
export const NOW = 1_700_000_000_000

/** The slice of config the plugins see. A test changes it in place: that is a reload. */
export function apiOf (some: Partial<Api> = {}): Api {
  return {
    enabled: true,
    requireAuth: true,
    apiKeys: [],
    cors: [],
    hosts: [],
    trustProxy: false,
    logRequests: false,
    bodyLimit: 64 * 1024,
    rateLimit: { max: 1000, window: 900_000, tells: 1000, tellWindow: 60_000 },
    ...some
  }
}

export function callerOf (name: string, permissions: Permission[] = ['admin'], rest: Partial<Caller> = {}): Caller {
  return { name, self: name, permissions: new Set(permissions), teams: null, as: null, ...rest }
}

/** One tool of each kind: it reads, it says, it waits until its caller is gone. */
export const tools: Tool[] = [
  defineTool({
    name: 'thing_get',
    title: 'Get a thing',
    description: 'Shows what it was given.',
    permission: 'status',
    http: { method: 'GET', url: '/things/:teamName', aliases: ['/things/:teamName/get'] },
    input: Type.Object({
      teamName: TeamName,
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
      deep: Type.Boolean({ default: false }),
      words: Type.Optional(Type.Array(Type.String())),
      fromTeam: Type.Optional(TeamName)
    }, { additionalProperties: false }),
    output: { given: Type.Unknown(), speaker: Type.String() },
    team: ({ teamName }) => teamName,
    handler: (given, { caller }) => ({ given, speaker: speaker(caller, given.fromTeam) })
  }),
  defineTool({
    name: 'thing_say',
    title: 'Say a thing',
    description: 'Says it back.',
    permission: 'tell',
    http: { method: 'POST', url: '/things/:teamName/say' },
    charge: 'tell',
    input: Type.Object({ teamName: TeamName, text: Type.Optional(Type.String()), count: Type.Optional(Type.Integer()) }, { additionalProperties: false }),
    output: { said: Type.String() },
    team: ({ teamName }) => teamName,
    handler: ({ text = 'nothing' }) => {
      if (text === 'break') throw new Error('a secret of ours')
      if (text === 'late') throw new TellTimeoutError('30000', { details: { tellId: 'one' } })
      return { said: text }
    }
  }),
  defineTool({
    name: 'thing_delete',
    title: 'Delete a thing',
    description: 'Deletes it.',
    permission: 'cache:write',
    http: { method: 'DELETE', url: '/things/:teamName' },
    input: Type.Object({ teamName: TeamName }, { additionalProperties: false }),
    output: {},
    team: ({ teamName }) => teamName,
    handler: () => ({})
  })
]

/** Reads the signal only when the tool does. */
const base = { audit: { record () {} }, clock: { now: () => NOW }, get signal (): AbortSignal { return (this as unknown as { own: Call }).own.signal } }

export function callFor (request: FastifyRequest, own: Pick<Call, 'signal' | 'emit'>): Call {
  return Object.assign(Object.create(base), { own, caller: request.caller, emit: own.emit, charge: (bucket: 'tell') => request.charge(bucket) }) as Call
}

export interface House {
  app: FastifyInstance
  api: Api
  /** Who is behind each token. A test may take one away: that is a revocation. */
  keys: Map<string, Caller>
}

/** An app with what comes before every route, in its order. The caller registers the rest and starts it. */
export async function house (t: Test, { api = apiOf(), host = '127.0.0.1', ...options }: FastifyServerOptions & { api?: Api, host?: string } = {}): Promise<House> {
  const keys = new Map([['root', callerOf('root')]])
  const app = Fastify({ ...earlyErrors({ now: () => NOW }), http: upgradable, bodyLimit: api.bodyLimit, forceCloseConnections: true, ...options })
  t.teardown(() => app.close())
  await app.register(errors, { now: () => NOW })
  await app.register(security, { api: () => api, host, data: /^\/api\// })
  await app.register(auth, { api: () => api, authenticate: token => keys.get(token) ?? null, anonymous: callerOf('local') })
  await app.register(limits, { api: () => api })
  await app.register(upgrades)
  return { app, api, keys }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
