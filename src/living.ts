import { randomUUID } from 'node:crypto'
import type { Team } from '../schemas/config.ts'
import type { MessageType } from '../schemas/message.ts'
import type { SessionState } from '../schemas/session.ts'
import type { Badge } from './agent-calls.ts'
import type { Agent, AgentEvent, AgentProcess, Exit } from './agent/agent.ts'
import { traceVariables } from './agent/environment.ts'
import type { Worktrees } from './agent/worktree.ts'
import type { Approvals } from './approvals.ts'
import type { Clock } from './clock.ts'
import { AgentError, IrisError, toErrorBody } from './errors.ts'
import type { Log } from './log.ts'
import type { Sessions } from './sessions.ts'
import type { SessionRow } from './store/store.ts'

/** One living agent and the session it works for. The one place where a session's state lives while it is awake. */
export interface Living {
  readonly sessionId: string
  readonly team: string
  readonly state: SessionState
  /** Unix ms */
  readonly since: number
  /** When it entered this state, by `clock.elapsed`. */
  readonly entered: number
  readonly reason: string
  readonly pid: number | undefined
  /** The form that its answers have, a JSON Schema, for as long as it lives. */
  readonly schema: Readonly<Record<string, unknown>> | undefined
  /** The process, once it is ready. */
  readonly agent: AgentProcess | undefined
  /** Resolves when the agent is ready; rejects with why it could not be started. */
  readonly ready: Promise<void>
  /** Resolves when nothing of it is left. */
  readonly gone: Promise<Exit>
  enter (state: SessionState, reason: string): void
  /** Hear what the agent says, after it was recorded. */
  listen (listener: (event: AgentEvent) => void): () => void
  /** Stop the running turn, keep the process. Questions of this tell that wait for people are over. */
  interrupt (tellId: string, reason: string): void
  /** End it for good. First reason wins. */
  stop (reason: string): Promise<void>
}

export interface Surroundings {
  agents: (team: Team) => Agent
  sessions: Sessions
  approvals: Approvals
  log: Log
  clock: Clock
  worktrees: Worktrees
  /** The base environment of a team's agent. */
  environment: (team: Team) => Readonly<Record<string, string>>
  /** The trace that a session's work is part of now, as W3C's headers; empty where nothing is traced. */
  trace: (sessionId: string) => Readonly<Record<string, string>>
  /** How the session's agent calls Iris. */
  badge: (sessionId: string, team: Team) => Badge
  /** ms until an agent must be ready */
  spawnTimeout: () => number
  /** Hears what should never happen, e.g. a full disk. */
  onError: (err: unknown) => void
}

const UNASKED = 'works on what nobody asked for'

const isNotice = (event: AgentEvent) => event.type === 'message' && event.kind === 'system'

/** A fork without its history would be another conversation than the one that was asked for. */
const unforkable = ({ details }: IrisError) => new AgentError(
  'The agent has no record any more of the conversation that this session was forked from. session_reset begins one without it', { ...(details && { details }) })

/** Starts an agent for a session. Every step is told to the log. */
export function bringToLife (session: SessionRow, team: Team, { agents, sessions, approvals, log, clock, worktrees, environment, trace, badge, spawnTimeout, onError }: Surroundings, schema?: Readonly<Record<string, unknown>>): Living {
  const { id: sessionId } = session
  const of = { sessionId, team: team.name }
  const listeners = new Set<(event: AgentEvent) => void>()
  const giveUp = new AbortController()
  const { access, tools, end: endCalls } = badge(sessionId, team)
  let agent: AgentProcess | undefined
  /** Where it works. */
  let directory = team.path
  let state: SessionState = 'waking'
  let since = clock.now()
  let entered = clock.elapsed()
  let reason = 'starting'
  /** What it goes back to when the last open question is decided. */
  let unasked: { state: SessionState, reason: string } = { state, reason }
  let stopReason: string | undefined
  let leave!: (exit: Exit) => void
  const gone = new Promise<Exit>(resolve => { leave = resolve })

  /** Putting on record never throws into the work that is recorded. */
  function note (write: () => void) {
    try { write() } catch (err) { onError(err) }
  }

  function record (type: MessageType, data: unknown, tellId: string | null = null, parent?: string) {
    log.note({ event: 'cache:message', data: { ...of, ...(tellId !== null && { tellId }), message: { timestamp: clock.now(), type, data, ...(parent !== undefined && { parent }) } } })
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
    // Work that nobody asked for is work: its agent is not idle. A notice between two turns is none, and no end would follow it.
    if ('tellId' in event && event.tellId === null) {
      if (event.type === 'ended') { if (reason === UNASKED) enter('idle', 'nothing to do') } else if (state === 'idle' && !isNotice(event)) enter('busy', UNASKED)
    }
    switch (event.type) {
      case 'ended':
        // That of a tell is stored with its end.
        if (event.place !== undefined && event.tellId === null) sessions.update(sessionId, { place: event.place })
        break
      case 'message':
        record(event.kind, event.data, event.tellId, event.parent)
        break
      case 'ask':
        put(event)
        break
      case 'unask':
        approvals.withdraw(sessionId, 'The agent took its question back', { requestId: event.requestId })
        break
      case 'exit':
        enter('asleep', stopReason ?? event.exit.disconnected ?? `the agent exited (${event.exit.signal ?? `code ${String(event.exit.code)}`})`)
        approvals.withdraw(sessionId, `The agent that asked is gone: ${reason}`)
        break
    }
  }

  /** The session waits from its first open question on to the decision of its last. */
  function put ({ tellId, requestId, tool, input, fixed, data }: Extract<AgentEvent, { type: 'ask' }>) {
    const { description } = data as { description?: unknown }
    const waits = approvals.ask({
      ...of,
      directory,
      tellId,
      requestId,
      tool,
      input,
      ...(fixed !== undefined && { fixed }),
      ...(typeof description === 'string' && { description }),
      reply: answer => { agent?.answer(requestId, answer) },
      over () { if (state === 'waiting' && approvals.open(sessionId) === 0) enter(unasked.state, unasked.reason) }
    })
    if (!waits) return
    if (state !== 'waiting') unasked = { state, reason }
    enter('waiting', `it asks whether it may use ${tool}`)
  }

  function enter (next: SessionState, why: string) {
    state = next
    since = clock.now()
    entered = clock.elapsed()
    reason = why
  }

  function depart (exit: Exit) {
    endCalls()
    // Its remains (a shell of a running tool) are swept before the session may have another process.
    void agent!.stop().then(async exit => { await tidy(); leave(exit) })
    note(() => {
      log.append({
        event: 'process:terminated',
        data: { ...of, reason, ...(exit.code !== null && { exitCode: exit.code }), ...(exit.signal !== null && { signal: exit.signal }) }
      }, fallAsleep)
    })
  }

  /** Of a worktree only what would be lost is kept, and it is said where. */
  async function tidy () {
    const kept = team.worktree === undefined ? undefined : await worktrees.leave(team, sessionId)
    if (kept === undefined) return
    record('system', { subtype: 'worktree_kept', ...kept, message: `What this session has changed stays in ${kept.path}, on the branch ${kept.branch}` })
    log.flush() // whoever waited for its end may look at once
  }

  const fallAsleep = () => { sessions.update(sessionId, { asleepSince: since, asleepReason: reason }) }

  async function attempt (): Promise<AgentProcess> {
    const row = sessions.get(sessionId)
    if (team.worktree !== undefined) directory = await worktrees.enter(team, sessionId)
    return agents(team).start({
      team: team.name,
      cwd: directory,
      sessionId,
      conversation: row.conversation,
      resume: row.resumable,
      ...(row.forkConversation !== null && { fork: row.forkConversation }),
      ...(row.forkPlace !== null && { forkPlace: row.forkPlace }),
      env: { ...environment(team), ...traceVariables(trace(sessionId)), ...(access && { IRIS_URL: access.url, IRIS_KEY: access.key }) },
      ...(access && { access }),
      ...(tools && { tools }),
      command: team.command,
      args: team.args,
      model: team.model,
      mode: team.mode,
      options: team,
      ...(schema !== undefined && { schema }),
      trace: () => trace(sessionId),
      costSoFar: row.costSoFar,
      on,
      signal: giveUp.signal
    })
  }

  /** The agent's own record of a conversation can be ahead of ours or gone, after a kill at the wrong moment. */
  async function start (again = false): Promise<AgentProcess> {
    try {
      return await attempt()
    } catch (err) {
      const conversation = err instanceof IrisError ? err.details?.conversation : undefined
      if ((conversation !== 'exists' && conversation !== 'unknown') || giveUp.signal.aborted) throw err
      const { resumable, forkConversation } = sessions.get(sessionId)
      if (conversation === 'unknown' && !resumable && forkConversation !== null) throw unforkable(err as IrisError)
      if (again) throw err
      if (conversation === 'exists') {
        sessions.update(sessionId, { resumable: true })
      } else {
        sessions.update(sessionId, { resumable: false, conversation: randomUUID(), costSoFar: 0, place: null })
        const shared = forkConversation === null ? '' : ', with the history it was forked with'
        record('system', { subtype: 'conversation_lost', message: `The agent has no record of this conversation any more. A new one begins here${shared}` })
      }
      return start(true)
    }
  }

  async function wake () {
    const cancelDeadline = clock.after(spawnTimeout(), () => { giveUp.abort(new Error(`not ready within ${spawnTimeout()} ms`)) })
    try {
      agent = await start()
      const { pid, version } = agent
      if (stopReason === undefined) enter('idle', 'ready')
      note(() => {
        log.append({ event: 'process:spawned', data: { ...of, ...(pid !== undefined && { pid }) } }, () => { if (version !== undefined) sessions.update(sessionId, { agentVersion: version }) })
      })
    } catch (err) {
      const body = toErrorBody(err, clock.now())
      enter('asleep', body.message)
      endCalls()
      note(() => { log.append({ event: 'process:error', data: { ...of, error: body } }, fallAsleep) })
      void tidy().then(() => { leave({ code: null, signal: null, stderr: '', expected: false }) })
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
    schema,
    get state () { return state },
    get since () { return since },
    get entered () { return entered },
    get reason () { return reason },
    get pid () { return agent?.pid },
    get agent () { return agent },
    ready,
    gone,
    enter (next, why) {
      if (state === 'waiting') unasked = { state: next, reason: why } // the work in the background of a turn may ask, and wait, beyond its end
      else enter(next, why)
    },
    listen (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    interrupt (tellId, why) {
      approvals.withdraw(sessionId, why, { tellId })
      agent?.interrupt()
    },
    async stop (why) {
      stopReason ??= why
      approvals.withdraw(sessionId, `The agent that asked ends: ${stopReason}`)
      if (agent === undefined) giveUp.abort(new Error(stopReason))
      // Whatever becomes of the start, nothing of it stays.
      await ready.catch(() => {})
      await agent?.stop()
      await gone
    }
  }
}
