import { join } from 'node:path'
import type { Config, Team } from '../schemas/config.ts'
import type { Agent } from './agent/agent.ts'
import { createAgentCalls, type AgentCalls } from './agent-calls.ts'
import { allowedEnvironment } from './agent/environment.ts'
import { KINDS } from './agent/kinds.ts'
import { createPlaces, elsewhere } from './agent/launch/places.ts'
import { createWorktrees } from './agent/worktree.ts'
import type { Ledger } from './agent/ledger.ts'
import { createApprovals } from './approvals.ts'
import { createAudit } from './audit.ts'
import { createMemoryBus } from './bus/memory.ts'
import { keepTrimmed } from './retention.ts'
import { createCache } from './cache.ts'
import { systemClock, type Clock } from './clock.ts'
import { SessionNotFoundError } from './errors.ts'
import { createKeys, type Keys } from './keys.ts'
import { createIdempotency } from './idempotency.ts'
import { bringToLife } from './living.ts'
import { createLog } from './log.ts'
import { createPool } from './pool.ts'
import { createPrograms } from './programs.ts'
import { createRecovery } from './recovery.ts'
import { createSessions } from './sessions.ts'
import { localKeyOf } from './server-file.ts'
import { openStore } from './store/sqlite.ts'
import type { Store } from './store/store.ts'
import { createTeams } from './teams.ts'
import { createTells } from './tells.ts'
import type { Services } from './tool.ts'
import { createTracing, type Tracing } from './tracing/tracing.ts'
import { VERSION } from './version.ts'
import { createWebhooks } from './webhooks.ts'
import type { Resolve } from './webhooks/guard.ts'

/** The services that tools do not see, beside those that they do. */
export interface Wiring extends Services {
  readonly keys: Keys
  readonly store: Store
  readonly agentCalls: AgentCalls
  /** Where traces are wanted. */
  readonly tracing: Tracing | undefined
  /** Put another configuration in force, whole. */
  reconfigure (config: Config): void
  /** No new work; resolves when the running tells have ended, by themselves within `ms` or cancelled. */
  drain (ms: number): Promise<void>
  /** Drain, end the agents, close the store: in reverse of their making. Ends by itself within drainTimeout and some seconds. */
  close (): Promise<void>
}

/** One of each, wired. Nothing is started but what the store says was queued when the server last ended. */
export function createServices ({ config: first, environment = {}, run, onError, clock = systemClock, agents, resolve }: {
  config: Config
  /** What children may have, before the allow list: the server's own environment. */
  environment?: Readonly<Record<string, string | undefined>>
  /** Id of this run of the server, on all that its agents are and start. */
  run?: string
  /** Hears faults of ours that no caller can be told. */
  onError: (err: unknown) => void
  clock?: Clock
  /** In the place of the real ones. */
  agents?: (team: Team) => Agent
  /** In the place of the system's, for webhooks. */
  resolve?: Resolve | undefined
}): Wiring {
  let current = first
  const config = () => current
  const { home } = first
  const places = createPlaces({ clock, owner: home, environment, patience: () => config().settings.spawnTimeout })
  const agentOf = (team: Team) => {
    const agent = agents?.(team) ?? kinds.get(team.agent)!
    const place = places.of(team)
    return place === undefined ? agent : elsewhere(place, agent)
  }
  // What this machine's programs may have is not for another machine to know, nor true there.
  const environmentOf = (team: Team) => ({ ...(places.of(team) === undefined && allowedEnvironment(environment, KINDS.get(team.agent)!.environment(environment))), ...team.env })

  const store = openStore(home)
  const ledger: Ledger = {
    add: child => { store.children.insert(child) },
    remove (nonce) {
      try { store.children.remove(nonce) } catch (err) { onError(err) }
    }
  }
  const kinds = new Map([...KINDS].map(([name, kind]) => [name, kind.create({ clock, owner: home, run, ledger, home: join(home, name) })]))
  const bus = createMemoryBus({ onError })
  const log = createLog({ store, bus, clock, onError })
  const teams = createTeams(config, team => places.of(team)?.status(), createPrograms({ isHere: team => places.of(team) === undefined, environment: environmentOf }))
  const sessions = createSessions({ store, clock })
  const approvals = createApprovals({
    store, log, clock, policy: team => config().teams.get(team)?.permissions ?? 'deny', timeout: () => config().settings.approvalTimeout, onError
  })
  const keys = createKeys({ store, clock, config, local: localKeyOf(home) })
  const agentCalls = createAgentCalls({ store, keys, team: name => config().teams.get(name) })
  const worktrees = createWorktrees({ root: join(home, 'worktrees'), env: allowedEnvironment(environment) })
  const pool = createPool({
    clock,
    max: () => config().settings.maxProcesses,
    check (sessionId) {
      if (!sessions.get(sessionId).current) throw new SessionNotFoundError(sessionId)
    },
    idleTimeout: team => config().teams.get(team)?.idleTimeout ?? config().settings.idleTimeout,
    start: (session, schema) => bringToLife(session, teams.ready(session.to), {
      sessions,
      approvals,
      log,
      clock,
      worktrees,
      agents: agentOf,
      environment: environmentOf,
      trace: sessionId => tracing?.headersOf(sessionId) ?? {},
      badge: (sessionId, team) => agentCalls.begin(sessionId, team, KINDS.get(team.agent)?.pipe === true),
      spawnTimeout: () => config().settings.spawnTimeout,
      onError
    }, schema)
  })
  const lookBack = createRecovery({
    store,
    log,
    clock,
    chunkSize: () => config().settings.chunkSize,
    async record ({ to, conversation, costSoFar }, tellId) {
      const team = config().teams.get(to)
      return team && await agentOf(team).record?.({ cwd: team.path, env: environmentOf(team), conversation, costSoFar, tellId })
    },
    onError
  })
  const tells = createTells({ store, sessions, pool, log, clock, lookBack, limits: () => config().settings, onError })
  const { endpoint } = first.tracing
  const tracing = endpoint === undefined ? undefined : createTracing({ endpoint, version: VERSION, log, tells, config, clock, onError })
  const idempotency = createIdempotency({ store, clock, ttl: () => config().settings.idempotencyTtl, onError })
  const audit = createAudit({ store, clock, onError, join: write => new Promise((resolve, reject) => { log.join({ write: () => { write(); return [] }, then: resolve, failed: reject }) }) })
  const webhooks = createWebhooks({ store, log, clock, keys, settings: () => config().webhooks, version: VERSION, onError, resolve })
  const stopTrimming = keepTrimmed({ store, clock, onError, keep: () => config().settings })

  let closing: Promise<void> | undefined
  async function close () {
    await drain(config().settings.drainTimeout)
    await pool.close()
    await webhooks.stop()
    await tracing?.close()
    stopTrimming()
    log.flush()
    store.close()
  }
  async function drain (ms: number) {
    pool.dismiss('the server stopped')
    await tells.drain(ms)
  }

  return {
    version: VERSION,
    startedAt: clock.now(),
    clock,
    config,
    teams,
    sessions,
    pool,
    tells,
    approvals,
    cache: createCache(store),
    log,
    idempotency,
    audit,
    worktrees,
    webhooks,
    keys,
    store,
    agentCalls,
    tracing,
    reconfigure (next) {
      const before = current
      current = next
      pool.adjust(team => JSON.stringify(before.teams.get(team)) !== JSON.stringify(next.teams.get(team)))
    },
    drain,
    close: () => closing ??= close()
  }
}
