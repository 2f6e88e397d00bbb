import { Type, type Static, type TProperties } from '@sinclair/typebox'
import { ClaudeOptions } from './claude.ts'
import { DURATION } from './duration.ts'
import { PERMISSIONS } from './key.ts'
import { OneOf } from './one-of.ts'
import { Permissions } from './permissions.ts'
import { Container, Remote } from './place.ts'
import { SIZE } from './size.ts'
import { AgentName, TeamName } from './team.ts'

const closed = <P extends TProperties>(fields: P, description: string) => Type.Object(fields, { additionalProperties: false, default: {}, description })

/** A span of time: a number of milliseconds, or a number with a unit. */
const Duration = (value: string | undefined, description: string) => Type.Unsafe<number>({
  type: ['string', 'integer'],
  pattern: DURATION,
  minimum: 0,
  ...(value !== undefined && { default: value }),
  description: `${description} A number of ms, or with a unit: 500ms, 20s, 2m, 1h, 1d`
})

/** An amount of data: a number of bytes, or a number with a unit. */
const Size = (value: string, description: string) => Type.Unsafe<number>({
  type: ['string', 'integer'],
  pattern: SIZE,
  minimum: 0,
  default: value,
  description: `${description} A number of bytes, or with a unit: 512kb, 64mb, 1gb`
})

export const Settings = closed({
  httpPort: Type.Integer({ minimum: 0, maximum: 65535, default: 1615, description: '0 takes any free port. A change needs a restart' }),
  host: Type.String({ minLength: 1, default: '127.0.0.1', description: 'Address to bind. A change needs a restart' }),
  maxProcesses: Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: 'Living agents at most. A Claude Code process takes about 120 MB' }),
  idleTimeout: Duration('1h', 'An agent that has done nothing for so long is put to sleep. 0 never.'),
  spawnTimeout: Duration('20s', 'How long an agent may take to be ready, and a wake may wait for a place.'),
  responseTimeout: Duration('2m', 'How long an agent may be silent during a turn, outside of a tool call. 0 for ever.'),
  toolTimeout: Duration('30m', 'How long an agent may be silent while one of its tool calls runs. 0 for ever.'),
  tellTimeout: Duration('30s', 'How long team_tell waits where the caller does not say.'),
  approvalTimeout: Duration('5m', 'How long an agent\'s permission question waits for a person; then it is denied. 0 for ever.'),
  limitWait: Duration('6h', 'How long a tell may wait for a rate limit of its agent\'s model service to pass. 0 not at all.'),
  maxQueued: Type.Integer({ minimum: 0, maximum: 100_000, default: 100, description: 'Tells that may wait for one session' }),
  maxDepth: Type.Integer({ minimum: 0, maximum: 1000, default: 8, description: 'How many tells may stand above one: a team that is told tells another, and so on' }),
  idempotencyTtl: Duration('24h', 'How long an idempotency key is remembered.'),
  chunkInterval: Duration('40ms', 'How long the words of an answer are gathered into one tell:chunk. 0: each goes by itself.'),
  chunkSize: Type.Integer({ minimum: 16, default: 16_384, description: 'What has grown so long, in UTF-16 units, goes out at once; no tell:chunk is longer' }),
  keepEvents: Duration('30d', 'How long what happened and was said is kept. 0 for ever.'),
  maxEvents: Type.Integer({ minimum: 0, default: 1_000_000, description: 'Events kept at most, the oldest go first. 0 without bound' }),
  maxLogSize: Size('1gb', 'About the space that events may take on the disk, the oldest go first. 0 without bound.'),
  maxSessionEvents: Type.Integer({ minimum: 0, default: 100_000, description: 'Events kept of one session at most. 0 without bound' }),
  maxSessionSize: Size('256mb', 'About the space that the events of one session may take. 0 without bound.'),
  drainTimeout: Duration('10s', 'How long a stopping server waits for running tells.')
}, 'How the server runs')
export type Settings = Static<typeof Settings>

const RateLimit = closed({
  max: Type.Integer({ minimum: 1, default: 100, description: 'Requests per window and key (per address without one)' }),
  window: Duration('15m', 'The window of `max`.'),
  tells: Type.Integer({ minimum: 1, default: 10, description: 'Tells per tellWindow and key, whichever way they come' }),
  tellWindow: Duration('1m', 'The window of `tells`.')
}, 'Limits per key')

export const ApiKey = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64, pattern: '^(?!agent:)', description: 'Not one that begins with `agent:`' }),
  key: Type.String({ minLength: 16, description: 'The key, from an environment variable; or `sha256:` and the 64 hex digits of its SHA-256' }),
  permissions: Type.Array(OneOf(PERMISSIONS), { minItems: 1, uniqueItems: true }),
  teams: Type.Optional(Type.Array(TeamName, { minItems: 1, description: 'The only teams it may reach' })),
  as: Type.Optional(Type.Array(TeamName, { minItems: 1, description: 'The only names it may speak as; the first is its own' })),
  rateLimit: Type.Optional(Type.Integer({ minimum: 1, description: 'In the place of api.rateLimit.max' })),
  expires: Type.Optional(Type.String({ description: 'ISO 8601 date or time' }))
}, { additionalProperties: false })

export const Api = closed({
  enabled: Type.Boolean({ default: true, description: 'false: only MCP, over stdio and at /mcp; no REST, no WebSocket, no documents. A change needs a restart' }),
  requireAuth: Type.Boolean({ default: true, description: 'false only on a loopback address: every local program is then admin' }),
  apiKeys: Type.Array(ApiKey, { default: [] }),
  cors: Type.Array(Type.String({ pattern: '^https?://[^/]+$' }), { default: [], description: 'Origins of web pages that may call, e.g. https://dash.example.org' }),
  hosts: Type.Array(Type.String(), { default: [], description: 'Further Host names it answers to, e.g. behind a proxy. Loopback names always' }),
  trustProxy: Type.Boolean({ default: false, description: 'Take the client\'s address from X-Forwarded-For' }),
  logRequests: Type.Boolean({ default: false, description: 'A line on stderr for each request at its end: who, what, how long; never what was said. A change needs a restart' }),
  bodyLimit: Type.Integer({ minimum: 1024, default: 4 * 1024 * 1024, description: 'Bytes of a request body or WebSocket frame' }),
  rateLimit: RateLimit
}, 'What the outside may do')
export type Api = Static<typeof Api>

export const WebhookSettings = closed({
  allow: Type.Array(Type.String({ pattern: '^[^\\s]+$' }), { default: [], description: 'Where webhooks may go in the own network: addresses, ranges such as 10.1.0.0/16, or host names' }),
  timeout: Duration('15s', 'How long one request may take, answer included.'),
  retryFor: Duration('24h', 'How long a delivery that fails is tried again; then it is given up.'),
  keepDeliveries: Duration('7d', 'How long it can be looked at what was delivered or given up. 0 for ever.')
}, 'Webhooks, which webhook_create makes')
export type WebhookSettings = Static<typeof WebhookSettings>

export const Metrics = closed({
  enabled: Type.Boolean({ default: true, description: 'Whether there is /metrics. A change needs a restart' }),
  open: Type.Boolean({ default: false, description: 'true: programs of this machine need no key for it. Not where a proxy of this machine passes requests on without saying so (X-Forwarded-For, Forwarded or Via)' })
}, 'What Prometheus reads at /metrics, with a key that has the permission `metrics`')
export type Metrics = Static<typeof Metrics>

export const Tracing = closed({
  endpoint: Type.Optional(Type.String({ pattern: '^https?://', description: 'Where traces go: a collector of OTLP over HTTP, e.g. http://127.0.0.1:4318. Default: OTEL_EXPORTER_OTLP_ENDPOINT. Without either nothing is traced. A change needs a restart' }))
}, 'OpenTelemetry traces')
export type Tracing = Static<typeof Tracing>

export const TeamConfig = Type.Object({
  path: Type.String({ minLength: 1, description: 'The project directory, relative to this file; for an agent on another host or in a container that runs already, the absolute path there' }),
  description: Type.String({ default: '' }),
  agent: { ...AgentName, default: 'claude' },
  permissions: Permissions,
  command: Type.Optional(Type.String({ minLength: 1, description: 'The agent\'s program, where it is not on PATH under its own name' })),
  args: Type.Optional(Type.Array(Type.String(), { description: 'Further arguments for it' })),
  model: Type.Optional(Type.String({ minLength: 1 })),
  reach: Type.Optional(Type.Unsafe<boolean | readonly string[]>({
    type: ['boolean', 'array'],
    items: TeamName,
    description: 'The teams that its agent may tell by itself, of those that whoever told it may: true all, or these alone, also by way of others. false: it may not call Iris at all. Default: true'
  })),
  mode: Type.Optional(Type.String({ minLength: 1, description: 'The mode that the agent works in, by the agent\'s own name for it, where it has several. Without it, the one in which it asks before it acts' })),
  env: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String(), { description: 'Environment variables for the agent' })),
  remote: Type.Optional(Remote),
  container: Type.Optional(Container),
  worktree: Type.Optional(OneOf(['per-session'], { description: 'Each session works in a git worktree of its own, on a branch of its own, in the data directory. When its agent sleeps it is removed if nothing in it would be lost, else kept' })),
  idleTimeout: Type.Optional(Duration(undefined, 'In the place of settings.idleTimeout.')),
  ...ClaudeOptions
}, { additionalProperties: false })

/** config.yaml as written. Durations are still text here. */
export const ConfigFile = Type.Object({
  settings: Settings,
  api: Api,
  webhooks: WebhookSettings,
  metrics: Metrics,
  tracing: Tracing,
  teams: Type.Record(Type.String({ pattern: TeamName.pattern! }), TeamConfig, { default: {}, additionalProperties: false })
}, { additionalProperties: false })

export interface Team extends Omit<Static<typeof TeamConfig>, 'path' | 'idleTimeout'> {
  readonly name: string
  /** Absolute. */
  readonly path: string
  /** Why it could not work when this was read: its directory is missing. */
  readonly unavailable?: string
  /** ms */
  readonly idleTimeout?: number
}

/** config.yaml after reading: interpolated, checked, durations in ms, paths absolute, frozen. */
export interface Config {
  /** Absolute path of the file; null where there is none. */
  readonly file: string | null
  /** Absolute path of the data directory. */
  readonly home: string
  readonly settings: Readonly<Settings>
  readonly api: Readonly<Api>
  readonly webhooks: Readonly<WebhookSettings>
  readonly metrics: Readonly<Metrics>
  readonly tracing: Readonly<Tracing>
  readonly teams: ReadonlyMap<string, Team>
}
