import { randomUUID } from 'node:crypto'
import { AgentError } from '../errors.ts'
import type { AgentEvent, AgentOptions, AgentProcess, Capabilities, Exit, Program, Start } from './agent.ts'
import { spawnChild, type Child } from './child.ts'
import { createLines } from './lines.ts'
import { lockConversation } from './lock.ts'
import { composed, contentOf } from './content.ts'
import { createReader } from './reader.ts'
import { createToolCalls, SERVER } from './tool-calls.ts'

const CAPABILITIES: Capabilities = { resume: true, fork: true }

/** ms that the program says its tools may take, less what a call takes on its way. */
const patienceOf = ({ MCP_TOOL_TIMEOUT: ms }: Start['env']) => Number(ms) > 0 ? Math.max(1_000, Number(ms) - 2_000) : undefined

/** Which conversation: its own, a new one, or a new one that begins with another up to a place of that. */
export function conversationFlags ({ conversation, resume, fork, forkPlace }: Pick<Start, 'conversation' | 'resume' | 'fork' | 'forkPlace'>): string[] {
  if (resume) return ['--resume', conversation]
  if (fork === undefined) return ['--session-id', conversation]
  return ['--resume', fork, '--fork-session', '--session-id', conversation, ...(forkPlace === undefined ? [] : ['--resume-session-at', forkPlace])]
}

/**
 * Start a program that speaks stream-json over its stdio (one JSON object a line, both ways) and wait until it says that it is ready: it answers `initialize`, which costs no model call.
 * Where the start fails, nothing is left behind and no `exit` is said: the rejection says it all.
 */
export async function startStreamJson (program: Program, start: Start, options: AgentOptions, capabilities = CAPABILITIES): Promise<AgentProcess> {
  const { conversation, sessionId, launch, signal, on } = start
  throwIfAborted(signal)
  const unlock = await lockConversation(conversation)
  const initialize = randomUUID()
  let resolveReady = () => {}
  let rejectReady: (err: unknown) => void = () => {}
  const ready = new Promise<void>((resolve, reject) => { resolveReady = resolve; rejectReady = reject })
  ready.catch(() => {}) // a start that cannot be put on record ends before this is waited for
  let live = false
  let gone: Exit | undefined
  /** What the program gave as the reason of its end before it was ready. */
  let refusal: string | undefined
  let child: Child
  /** The tells whose messages have another id on the wire, by that. */
  const aliases = new Map<string, string>()

  const calls = start.tools && createToolCalls(start.tools, {
    ask: asked => { request(randomUUID(), asked) },
    answer: (requestId, response) => { write({ type: 'control_response', response: { subtype: 'success', request_id: requestId, response } }) },
    patience: patienceOf(program.env)
  })
  const reader = createReader({
    costSoFar: start.costSoFar,
    on (event) {
      if (!live && event.type === 'ended') refusal = event.error
      const tellId = 'tellId' in event ? aliases.get(event.tellId ?? '') : undefined
      on(tellId === undefined ? event : { ...event, tellId } as AgentEvent)
    },
    answered ({ request_id: id, subtype, error }) {
      if (id !== initialize) return
      if (subtype === 'success') resolveReady()
      else rejectReady(new AgentError(`The agent refused to begin: ${error ?? 'it does not say why'}`))
    },
    calls,
    unanswerable (requestId, subtype) {
      write({ type: 'control_response', response: { subtype: 'error', request_id: requestId, error: `Iris does not answer ${subtype}` } })
    }
  })
  const lines = createLines(reader)

  /** The one writer of stdin: a malformed line would end the program. */
  const write = (frame: object) => { child.write(`${JSON.stringify(frame)}\n`) }
  const request = (id: string, request: object) => { write({ type: 'control_request', request_id: id, request }) }

  function exited (exit: Exit) {
    lines.end()
    gone = exit
    calls?.close()
    unlock()
    if (live) on({ type: 'exit', exit } satisfies AgentEvent)
    else rejectReady(endedEarly(exit, refusal))
  }

  const abort = () => { void child.kill() }
  try {
    child = await spawnChild({ ...options, ...program, launch, sessionId, converses: true, stdout: lines.push, exit: exited })
  } catch (err) {
    calls?.close()
    unlock()
    throw err
  }
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    const { schema, options: { systemPrompt } = {} } = start
    request(initialize, { subtype: 'initialize', ...(calls && { sdkMcpServers: [SERVER] }), ...(systemPrompt !== undefined && { appendSystemPrompt: systemPrompt }), ...(schema !== undefined && { jsonSchema: schema }) })
    await ready
    // Its last line may be the answer that was waited for.
    if (gone !== undefined) throw endedEarly(gone, refusal)
    live = true
  } catch (err) {
    await child.kill()
    throwIfAborted(signal)
    throw err
  } finally {
    signal.removeEventListener('abort', abort)
  }

  return {
    pid: child.pid,
    get version () { return reader.version },
    capabilities,
    send (tellId, message) {
      if (gone !== undefined) throw new AgentError('The agent has ended')
      // A second message of the same id is dropped in silence.
      const wire = message.again ? randomUUID() : tellId
      if (message.again) aliases.set(wire, tellId)
      reader.sent(wire)
      write({ type: 'user', uuid: wire, message: { role: 'user', content: contentOf(message) }, parent_tool_use_id: null, ...composed(message.text) })
    },
    interrupt () { request(randomUUID(), { subtype: 'interrupt', cancel_queued: true }) },
    answer (requestId, decision) {
      const response = decision.behavior === 'allow'
        ? { behavior: 'allow', updatedInput: decision.input }
        : { behavior: 'deny', message: decision.message }
      write({ type: 'control_response', response: { subtype: 'success', request_id: requestId, response } })
    },
    stop: child.stop
  }
}

/** A start that was given up is not gone on with. */
export function throwIfAborted (signal: AbortSignal) {
  if (!signal.aborted) return
  const why = signal.reason instanceof Error ? `: ${signal.reason.message}` : ''
  throw new AgentError(`The start of the agent was given up${why}`, { cause: signal.reason })
}

/** Why a start has come to nothing, by how the program ended. */
export function endedEarly ({ code, signal, stderr }: Exit, refusal: string | undefined) {
  const words = `${refusal ?? ''}\n${stderr}`
  const conversation = /No conversation found|does not match any session/.test(words)
    ? 'unknown'
    : /already in use/.test(words) ? 'exists' : undefined
  const why = refusal ?? stderr.trim().split('\n').at(-1)
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`
  return new AgentError(`The agent ended ${how} before it was ready${why ? `: ${why}` : ''}`, {
    details: { exitCode: code, signal, stderr, ...(conversation !== undefined && { conversation }) }
  })
}
