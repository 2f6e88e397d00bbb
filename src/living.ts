import { randomUUID } from 'node:crypto'
import type { Team } from '../schemas/config.ts'
import type { MessageType } from '../schemas/message.ts'
import type { SessionState } from '../schemas/session.ts'
import type { Agent, AgentEvent, AgentProcess, Exit } from './agent/agent.ts'
import type { Clock } from './clock.ts'
import { IrisError, toErrorBody } from './errors.ts'
import type { Log } from './log.ts'
import { decide } from './policy.ts'
import type { Sessions } from './sessions.ts'
import type { SessionRow } from './store/store.ts'

/** One living agent and the session it works for. The one place where a session's state lives while it is awake. */
export interface Living {
  readonly sessionId: string
  readonly team: string
  readonly state: SessionState
  /** Unix ms */
  readonly since: number
  readonly reason: string
  readonly pid: number | undefined
  /** The process, once it is ready. */
  readonly agent: AgentProcess | undefined
  /** Resolves when the agent is ready; rejects with why it could not be started. */
  readonly ready: Promise<void>
  /** Resolves when nothing of it is left. */
  readonly gone: Promise<Exit>
  enter (state: SessionState, reason: string): void
  /** Hear what the agent says, after it was recorded. */
  listen (listener: (event: AgentEvent) => void): () => void
  /** End it for good. First reason wins. */
  stop (reason: string): Promise<void>
}

export interface Surroundings {
  agents: (team: Team) => Agent
  sessions: Sessions
  log: Log
  clock: Clock
  /** The base environment of a team's agent. */
  environment: (team: Team) => Readonly<Record<string, string>>
  /** ms until an agent must be ready */
  spawnTimeout: () => number
  /** Hears what should never happen, e.g. a full disk. */
  onError: (err: unknown) => void
}

const UNASKED = 'works on what nobody asked for'

/** Starts an agent for a session. Every step is told to the log. */
export function bringToLife (session: SessionRow, team: Team, { agents, sessions, log, clock, environment, spawnTimeout, onError }: Surroundings): Living {
  const { id: sessionId } = session
  const of = { sessionId, team: team.name }
  const listeners = new Set<(event: AgentEvent) => void>()
  const giveUp = new AbortController()
  let agent: AgentProcess | undefined
  let state: SessionState = 'waking'
  let since = clock.now()
  let reason = 'starting'
  let stopReason: string | undefined
  let leave!: (exit: Exit) => void
  const gone = new Promise<Exit>(resolve => { leave = resolve })

  /** Putting on record never throws into the work that is recorded. */
  function note (write: () => void) {
    try { write() } catch (err) { onError(err) }
  }

  function record (type: MessageType, data: unknown, tellId: string | null = null) {
    note(() => { log.append({ event: 'cache:message', data: { ...of, ...(tellId !== null && { tellId }), message: { timestamp: clock.now(), type, data } } }) })
  }

  /** Whatever fails in here, the reader of the agent's output goes on, and every listener hears the event. */
  function on (event: AgentEvent) {
    if (event.type === 'exit' && agent === undefined) return // the start tells of it
    for (const hear of [witness, ...listeners]) {
      try { hear(event) } catch (err) { onError(err) }
    }
    if (event.type === 'exit') depart(event.exit)
  }

  /** Puts on record what the session is to keep, and answers the agent's questions. */
  function witness (event: AgentEvent) {
    // Work that nobody asked for is work: its agent is not idle.
    if ('tellId' in event && event.tellId === null) {
      if (event.type === 'ended') { if (reason === UNASKED) enter('idle', 'nothing to do') } else if (state === 'idle') enter('busy', UNASKED)
    }
    switch (event.type) {
      case 'message':
        record(event.kind, event.data, event.tellId)
        break
      case 'ask': {
        const { tellId, requestId, tool, input } = event
        const decision = decide(team.permissions, tool, input)
        agent?.answer(requestId, decision)
        record('permission', { requestId, tool, input, decision: decision.behavior, by: `policy: ${team.permissions}` }, tellId)
        break
      }
      case 'exit':
        enter('asleep', stopReason ?? `the agent exited (${event.exit.signal ?? `code ${String(event.exit.code)}`})`)
        break
    }
  }

  function enter (next: SessionState, why: string) {
    state = next
    since = clock.now()
    reason = why
  }

  function depart (exit: Exit) {
    // Its remains (a shell of a running tool) are swept before the session may have another process.
    void agent!.stop().then(leave)
    note(() => {
      log.append({
        event: 'process:terminated',
        data: { ...of, reason, ...(exit.code !== null && { exitCode: exit.code }), ...(exit.signal !== null && { signal: exit.signal }) }
      }, fallAsleep)
    })
  }

  const fallAsleep = () => { sessions.update(sessionId, { asleepSince: since, asleepReason: reason }) }

  async function attempt (): Promise<AgentProcess> {
    const row = sessions.get(sessionId)
    return agents(team).start({
      team: team.name,
      cwd: team.path,
      sessionId,
      conversation: row.conversation,
      resume: row.resumable,
      env: environment(team),
      ...(team.command !== undefined && { command: team.command }),
      ...(team.args !== undefined && { args: team.args }),
      ...(team.model !== undefined && { model: team.model }),
      costSoFar: row.costSoFar,
      on,
      signal: giveUp.signal
    })
  }

  /** The agent's own record of a conversation can be ahead of ours or gone, after a kill at the wrong moment. */
  async function start (): Promise<AgentProcess> {
    try {
      return await attempt()
    } catch (err) {
      const conversation = err instanceof IrisError ? err.details?.conversation : undefined
      if ((conversation !== 'exists' && conversation !== 'unknown') || giveUp.signal.aborted) throw err
      if (conversation === 'exists') {
        sessions.update(sessionId, { resumable: true })
      } else {
        sessions.update(sessionId, { resumable: false, conversation: randomUUID(), costSoFar: 0 })
        record('system', { subtype: 'conversation_lost', message: 'The agent has no record of this conversation any more. A new one begins here' })
      }
      return attempt()
    }
  }

  async function wake () {
    const cancelDeadline = clock.after(spawnTimeout(), () => { giveUp.abort(new Error(`not ready within ${spawnTimeout()} ms`)) })
    try {
      agent = await start()
      const { pid, version } = agent
      if (stopReason === undefined) enter('idle', 'ready')
      note(() => {
        log.append({ event: 'process:spawned', data: { ...of, pid } }, () => { if (version !== undefined) sessions.update(sessionId, { agentVersion: version }) })
      })
    } catch (err) {
      const body = toErrorBody(err, clock.now())
      enter('asleep', body.message)
      note(() => { log.append({ event: 'process:error', data: { ...of, error: body } }, fallAsleep) })
      leave({ code: null, signal: null, stderr: '', expected: false })
      throw err
    } finally {
      cancelDeadline()
    }
  }

  const ready = wake()
  ready.catch(() => {})

  return {
    sessionId,
    team: team.name,
    get state () { return state },
    get since () { return since },
    get reason () { return reason },
    get pid () { return agent?.pid },
    get agent () { return agent },
    ready,
    gone,
    enter,
    listen (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    async stop (why) {
      stopReason ??= why
      if (agent === undefined) giveUp.abort(new Error(stopReason))
      // Whatever becomes of the start, nothing of it stays.
      await ready.catch(() => {})
      await agent?.stop()
      await gone
    }
  }
}
