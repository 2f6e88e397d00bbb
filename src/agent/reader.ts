import type { AgentEvent } from './agent.ts'
import type { MessageType } from '../../schemas/message.ts'
import { blocksOf, judge, type ControlResponse, type Frame } from './frame.ts'
import { LOG_IN } from './claude-login.ts'
import type { ToolCalls } from './tool-calls.ts'
import { refusedUntil, troubleOf, type Hints } from './trouble.ts'
import { createMeter } from './usage.ts'

export interface ReaderOptions {
  /** The running total of cost before, US dollars. */
  costSoFar: number
  on (event: AgentEvent): void
  /** A control request of ours is answered. */
  answered (response: ControlResponse): void
  /** The program's own calls to Iris, where it may make any. */
  calls?: Pick<ToolCalls, 'take' | 'drop'> | undefined
  /** A control request that Iris has no answer for; the program waits for one. */
  unanswerable (requestId: string, subtype: string): void
}

export interface Reader {
  readonly version: string | undefined
  /** A message is written. Until its `ended` no other may be. */
  sent (tellId: string): void
  /** A line of stdout. Whatever it holds, this does not throw. */
  line (text: string): void
  /** A line of stdout was too long to be kept. */
  tooLong (bytes: number): void
}

/** Notices that are worth keeping. The others tell of states that Iris sees by itself, many times a turn. */
const NOTICES = new Set(['api_retry', 'permission_denied', 'compact_boundary', 'task_started', 'task_notification', 'informational', 'local_command'])

const isLogin = ({ error, error_status: status }: Frame) => error === 'authentication_failed' || status === 401 || status === 403

/** How many ids of earlier messages are known, for what the program says of them late. */
const REMEMBERED = 100

/**
 * Reads the frames of one stream-json process and says what they mean. The one hard part is whose work a frame is:
 * a message carries its tell's id as uuid, and the program names it when the turn starts, in the first frames of a
 * model's answer and in the result. In between, a frame belongs to the turn that is on. Older versions (2.1.197) name
 * nothing: there a turn is that of the message in flight, unless its result has an `origin`.
 */
export function createReader ({ costSoFar, on, answered, calls, unanswerable }: ReaderOptions): Reader {
  const meter = createMeter(costSoFar)
  const known = new Set<string>()
  const tools = new Map<string, string | null>()
  let version: string | undefined
  let inFlight: string | undefined
  /** Whose turn is on; undefined while none is. */
  let turn: string | null | undefined
  /** The model's answer that is being streamed, and whose it is. */
  let stream: { id: string | undefined, tellId: string | null } | undefined
  /** Whether deltas were said that no `text` has confirmed. */
  let preview = false
  /** Whether this version announces its turns. */
  let announces = false
  /** Whether an init frame, and whether a result was seen. */
  let introduced = false
  let metered = false
  /** The last frame of the agent's own answers: the program resumes and forks at it. */
  let place: string | undefined
  /** What was said in this turn of why it fails. */
  let hints: Hints = {}

  function ownerOf (frame: Frame): string | null {
    const ids = frame.user_message_uuids ?? (frame.user_message_uuid === undefined ? [] : [frame.user_message_uuid])
    if (ids.length > 0) return ids.find(id => id === inFlight) ?? ids.find(id => known.has(id)) ?? null
    if (typeof frame.parent_tool_use_id === 'string') return tools.get(frame.parent_tool_use_id) ?? null
    const answer = frame.message?.id ?? frame.api_message_id
    if (stream !== undefined && answer !== undefined && answer === stream.id) return stream.tellId
    if (turn !== undefined) return turn
    return announces ? null : inFlight ?? null
  }

  function say (tellId: string | null, kind: MessageType, data: Frame | object) {
    const { parent_tool_use_id: parent } = data as Frame
    on({ type: 'message', tellId, kind, data, ...(typeof parent === 'string' && { parent }) })
  }

  function running (callId: string, tellId: string | null, running: boolean) {
    if (running) tools.set(callId, tellId)
    else tools.delete(callId)
    on({ type: 'tool', tellId, callId, running })
  }

  function ended (tellId: string | null, event: Omit<Extract<AgentEvent, { type: 'ended' }>, 'type' | 'tellId'>) {
    for (const [callId, owner] of tools) if (owner === tellId) running(callId, owner, false)
    if (tellId === turn) turn = undefined
    if (tellId !== null && tellId !== inFlight) return
    if (tellId !== null) inFlight = undefined
    preview = false
    on({ type: 'ended', tellId, ...event })
  }

  function lifecycle ({ command_uuid: id, state }: Frame) {
    announces = true
    on({ type: 'activity' })
    if (id === undefined || id !== inFlight) return
    if (state === 'started') turn = id
    // The result comes before these two. Where there is none, the message was dropped before its turn.
    if (state === 'cancelled') ended(id, { outcome: 'interrupted' })
    if (state === 'completed') ended(id, { outcome: 'completed' })
  }

  function streamed (frame: Frame) {
    const { type, message, delta } = frame.event ?? {}
    const tellId = ownerOf(frame)
    if (typeof frame.parent_tool_use_id === 'string') return on({ type: 'activity' })
    if (type === 'message_start') stream = { id: message?.id, tellId }
    if (preview && (type === 'message_start' || (type === 'message_stop' && frame.abandoned_blocks !== undefined))) {
      preview = false
      on({ type: 'restart', tellId })
    } else if (type === 'content_block_delta' && delta?.type === 'text_delta' && typeof delta.text === 'string' && delta.text !== '') {
      preview = true
      on({ type: 'delta', tellId, text: delta.text })
    } else {
      on({ type: 'activity' })
    }
  }

  function assistant (frame: Frame) {
    const tellId = ownerOf(frame)
    say(tellId, 'assistant', frame)
    if (typeof frame.error === 'string' && typeof frame.parent_tool_use_id !== 'string') hints.error = frame.error
    if (frame.error === undefined && typeof frame.parent_tool_use_id !== 'string') place = frame.uuid ?? place
    for (const block of blocksOf(frame)) {
      if (block.type === 'tool_use' && block.id !== undefined) running(block.id, tellId, true)
      const answer = block.type === 'text' && frame.error === undefined && typeof frame.parent_tool_use_id !== 'string'
      if (answer && typeof block.text === 'string' && block.text !== '') {
        preview = false
        on({ type: 'text', tellId, text: block.text })
      }
    }
  }

  function user (frame: Frame) {
    if (frame.isReplay) {
      if (frame.uuid !== undefined && frame.uuid === inFlight) turn = inFlight
      return on({ type: 'activity' })
    }
    const results = blocksOf(frame).filter(block => block.type === 'tool_result')
    const call = results.find(block => tools.has(block.tool_use_id ?? ''))?.tool_use_id
    const tellId = call === undefined ? ownerOf(frame) : tools.get(call)!
    say(tellId, results.length > 0 ? 'tool' : 'system', frame)
    for (const { tool_use_id: id } of results) if (id !== undefined && tools.has(id)) running(id, tools.get(id)!, false)
  }

  function system (frame: Frame) {
    const { subtype } = frame
    if (subtype === 'init') {
      version ??= frame.claude_code_version
      turn ??= announces ? null : inFlight
    }
    const notice = NOTICES.has(subtype ?? '') || (subtype === 'init' && !introduced)
    introduced ||= subtype === 'init'
    if (notice) say(ownerOf(frame), 'system', frame)
    if (subtype === 'api_retry') {
      const status = frame.error_status ?? undefined
      on({
        type: 'retry',
        tellId: ownerOf(frame),
        attempt: frame.attempt ?? 1,
        delayMs: frame.retry_delay_ms ?? 0,
        reason: `${frame.error ?? 'unknown'}${status === undefined ? '' : ` (${status})`}`,
        ...(isLogin(frame) ? { auth: true, fix: LOG_IN } : { auth: false })
      })
    } else if (!notice) {
      on({ type: 'activity' })
    }
  }

  function result (frame: Frame) {
    // The versions that announce nothing begin their total anew with each process.
    if (!announces && !metered) meter.reset()
    metered = true
    const tellId = frame.origin === undefined ? ownerOf(frame) : null
    const usage = meter.read(frame)
    say(tellId, 'result', frame)
    const judged = judge(frame)
    const trouble = judged.outcome === 'failed' ? troubleOf(frame, hints) : undefined
    hints = {}
    const structured = frame.structured_output
    ended(tellId, { ...judged, usage, ...(trouble && { trouble }), ...(structured !== undefined && { structured }), costTotal: meter.total, ...(judged.outcome === 'completed' && place !== undefined && { place }) })
  }

  /** An account near its limit is a notice; one that is refused says until when. */
  function limited (frame: Frame) {
    const until = refusedUntil(frame)
    if (until !== undefined) hints.resetsAt = until
    if (frame.rate_limit_info?.status === 'allowed') on({ type: 'activity' })
    else say(ownerOf(frame), 'system', frame)
  }

  function controlRequest ({ request_id: requestId, request, ...frame }: Frame) {
    if (requestId === undefined) return on({ type: 'activity' })
    if (request?.subtype !== 'can_use_tool' || request.tool_name === undefined) {
      on({ type: 'activity' })
      if (request !== undefined && calls?.take(requestId, request)) return
      return unanswerable(requestId, request?.subtype ?? 'unknown')
    }
    const tellId = tools.get(request.tool_use_id ?? '') ?? ownerOf(frame)
    on({ type: 'ask', tellId, requestId, tool: request.tool_name, input: request.input ?? {}, data: request })
  }

  function read (frame: Frame) {
    switch (frame.type) {
      case 'stream_event': return streamed(frame)
      case 'assistant': return assistant(frame)
      case 'user': return user(frame)
      case 'system': return system(frame)
      case 'result': return result(frame)
      case 'command_lifecycle': return lifecycle(frame)
      case 'control_request': return controlRequest(frame)
      case 'control_cancel_request':
        return on(frame.request_id === undefined || calls?.drop(frame.request_id) ? { type: 'activity' } : { type: 'unask', requestId: frame.request_id })
      case 'control_response':
        on({ type: 'activity' })
        version = frame.response?.response?.claude_code_version ?? version
        return answered(frame.response ?? {})
      case 'conversation_reset': return say(ownerOf(frame), 'system', frame)
      case 'rate_limit_event': return limited(frame)
      default: return on({ type: 'activity' })
    }
  }

  return {
    get version () { return version },
    sent (tellId) {
      if (inFlight !== undefined) throw new Error(`The tell ${inFlight} has not ended`)
      inFlight = tellId
      known.add(tellId)
      if (known.size > REMEMBERED) known.delete(known.values().next().value!)
    },
    line (text) {
      let frame: unknown
      try { frame = JSON.parse(text) } catch { /* Not a frame: a library's greeting, half a line of a dying process. */ }
      if (typeof frame !== 'object' || frame === null) return on({ type: 'activity' })
      try {
        read(frame)
      } catch (err) {
        say(null, 'system', { type: 'system', subtype: 'frame_not_understood', reason: String(err), frame })
      }
    },
    tooLong (bytes) {
      say(ownerOf({}), 'system', { type: 'system', subtype: 'line_too_long', bytes })
    }
  }
}
