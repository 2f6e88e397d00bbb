/**
 * The echo agent: a small program that speaks Claude's stream-json over its stdio, without a model. A message is
 * answered by `echo: <message>`; one that begins with `!` is a word of echo-words.ts, which lists them.
 *
 * Arguments: --session-id <uuid> begins a conversation, --resume <uuid> goes on with one; both with --fork-session begin
 * one with the other's history, --resume-session-at <uuid> with that up to an answer. Environment:
 *   ECHO_HOME=<directory>     keeps conversations there, one file each; without it none can be resumed
 *   ECHO_DELAY_START=<ms>     is ready later
 *   ECHO_FAIL_START=1         says why on stderr and exits with code 1
 *   ECHO_LOG=<file>           gets a line `<uuid of the message> <pid>` for each turn that is run
 *
 * It is a program of its own, so it reads its own environment and has its own timers. It imports nothing that is slow
 * to load.
 */
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createLines } from './lines.ts'
import { createTools } from './echo-tools.ts'
import { WORDS, type Decision, type Ending, type Kept, type Turn } from './echo-words.ts'

interface Message { uuid: string, text: string }
interface Input {
  type?: string
  uuid?: string
  message?: { content?: string }
  request_id?: string
  request?: { subtype?: string, cancel_queued?: boolean, sdkMcpServers?: string[] }
  response?: { request_id?: string, response?: Decision, error?: string }
}

/** US dollars for each turn: one that adds up without rounding. */
const PRICE = 0.0009765625
const MODEL = 'echo'

const { argv, env, stdout, stderr } = process
const option = (name: string) => argv.includes(name) ? argv[argv.indexOf(name) + 1] : undefined
const resumed = option('--resume')
const forks = argv.includes('--fork-session')
const session = (forks ? undefined : resumed) ?? option('--session-id') ?? randomUUID()
const fileOf = (id: string) => env.ECHO_HOME === undefined ? undefined : `${env.ECHO_HOME}/${id}.jsonl`
const file = fileOf(session)
const kept = recall(fileOf(resumed ?? session))
const waiting: Message[] = []
const questions = new Map<string, (decision: Decision) => void>()
/** The MCP server at the other end of the pipe, if there is one. */
let server: string | undefined
const tools = createTools(() => server, say)
/** What the turn that is on, if one is, can be stopped by. */
let running: AbortController | undefined
/** The last answer's frame in this turn: where a fork may end. */
let answered: string | undefined
/** No more input follows. */
let closed = false
/** `mute`: say nothing any more, whatever happens; `stubborn`: end for nothing but SIGKILL. */
const mood = { mute: false, stubborn: false }

function say (frame: Record<string, unknown>) {
  if (!mood.mute) stdout.write(`${JSON.stringify({ ...frame, session_id: session, uuid: frame.uuid ?? randomUUID() })}\n`)
}

function recall (file: string | undefined): Kept[] | undefined {
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8').trim().split('\n').map(line => JSON.parse(line) as Kept)
  } catch {
    return undefined
  }
}

function keep (entry: Kept) {
  history.push(entry)
  unkept.push(entry)
  if (file === undefined) return
  mkdirSync(env.ECHO_HOME!, { recursive: true, mode: 0o700 })
  appendFileSync(file, unkept.splice(0).map(entry => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 })
}

function refuse (why: string): never {
  stderr.write(`${why}\n`)
  process.exit(1)
}

function refuseAloud (why: string): never {
  say({ type: 'result', subtype: 'error_during_execution', is_error: true, num_turns: 0, total_cost_usd: 0, errors: [why] })
  refuse(why)
}

function upTo (uuid: string | undefined, entries: Kept[]) {
  const at = entries.findIndex(entry => entry.uuid === uuid)
  if (uuid !== undefined && at < 0) refuseAloud(`No message found with message.uuid of: ${uuid}`)
  return uuid === undefined ? entries : entries.slice(0, at + 1)
}

if (env.ECHO_FAIL_START === '1') refuse('Told by ECHO_FAIL_START to fail')
if (resumed !== undefined && kept === undefined) {
  refuseAloud(`No conversation found with session ID: ${resumed}`)
}
if ((resumed === undefined ? kept : forks ? recall(file) : undefined) !== undefined) refuse(`Session ID ${session} is already in use.`)
const history: Kept[] = upTo(option('--resume-session-at'), kept ?? [])
/** What its file does not hold yet: a fork's file is made with its first turn. */
const unkept: Kept[] = forks ? [...history] : []
/** What this conversation has cost, over all its processes. */
let cost = history.filter(entry => entry.role === 'assistant').length * PRICE

/** The stream of one turn. `uuid` is that of its message; undefined for a turn that nobody asked for. */
function createTurn (uuid: string | undefined, signal: AbortSignal): Turn {
  let id = ''
  let index = 0
  let unsaid = ''
  const owner = uuid === undefined ? {} : { user_message_uuid: uuid, user_message_uuids: [uuid] }
  const event = (event: object, more = {}) => { say({ type: 'stream_event', event, parent_tool_use_id: null, api_message_id: id, ...more }) }
  const whole = (block: object, more = {}) => {
    answered = randomUUID()
    say({ type: 'assistant', uuid: answered, message: { id, type: 'message', role: 'assistant', model: MODEL, content: [block], stop_reason: null }, parent_tool_use_id: null, ...more })
  }
  const turn: Turn = {
    signal,
    history: [...history],
    mood,
    pause: ms => pause(ms, undefined, { signal }),
    begin () {
      id = `msg_${randomUUID()}`
      index = 0
      event({ type: 'message_start', message: { id, type: 'message', role: 'assistant', model: MODEL, content: [] } }, owner)
    },
    async stream (chunks, ms = 0) {
      event({ type: 'content_block_start', index, content_block: { type: 'text', text: '' } })
      for (const text of chunks) {
        signal.throwIfAborted()
        event({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } })
        unsaid += text
        if (ms > 0) await turn.pause(ms)
      }
    },
    finish () {
      whole({ type: 'text', text: unsaid })
      turn.spoken.push(unsaid)
      unsaid = ''
      event({ type: 'content_block_stop', index: index++ })
    },
    abandon () {
      unsaid = ''
      event({ type: 'content_block_stop', index })
      event({ type: 'message_stop' }, { abandoned_blocks: { api_message_id: id, from_block_index: 0 } })
    },
    end () { event({ type: 'message_stop' }) },
    cut () {
      if (unsaid !== '') whole({ type: 'text', text: unsaid }, { aborted: true, ...owner })
      say({ type: 'user', message: { role: 'user', content: [{ type: 'text', text: '[Request interrupted by user]' }] }, parent_tool_use_id: null })
    },
    whole,
    say,
    ask (tool, input, callId) {
      const requestId = randomUUID()
      say({ type: 'control_request', request_id: requestId, request: { subtype: 'can_use_tool', tool_name: tool, input, tool_use_id: callId } })
      return new Promise((resolve, reject) => {
        questions.set(requestId, resolve)
        signal.addEventListener('abort', () => {
          if (questions.delete(requestId)) say({ type: 'control_cancel_request', request_id: requestId })
          reject(signal.reason)
        }, { once: true })
      })
    },
    tools,
    spoken: []
  }
  return turn
}

/** Run one turn: a message, or what nobody asked for. */
async function run (message: Message | undefined, act: (turn: Turn) => Promise<Ending>) {
  running = new AbortController()
  const turn = createTurn(message?.uuid, running.signal)
  say({ type: 'system', subtype: 'session_state_changed', state: 'running' })
  if (message !== undefined) say({ type: 'command_lifecycle', command_uuid: message.uuid, state: 'started' })
  say({ type: 'system', subtype: 'init', model: MODEL, claude_code_version: 'echo-1', tools: [], capabilities: ['msg_lifecycle_v1'] })
  if (message !== undefined) {
    say({ type: 'user', uuid: message.uuid, message: { role: 'user', content: message.text }, parent_tool_use_id: null, isReplay: true })
    keep({ role: 'user', text: message.text, uuid: message.uuid })
    if (env.ECHO_LOG !== undefined) appendFileSync(env.ECHO_LOG, `${message.uuid} ${process.pid}\n`)
  }
  let ending: Ending
  try {
    ending = await act(turn)
  } catch (err) {
    if (!running.signal.aborted) throw err
    turn.cut()
    ending = { subtype: 'error_during_execution', terminal_reason: 'aborted_streaming', is_error: true }
  }
  const { after, unasked, ...fields } = ending
  const text = turn.spoken.join('\n\n')
  cost += PRICE
  const result = {
    is_error: fields.is_error ?? false,
    num_turns: 1,
    total_cost_usd: cost,
    usage: { input_tokens: message?.text.length ?? 0, output_tokens: text.length, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
  }
  keep({ role: 'assistant', text, ...(answered !== undefined && { uuid: answered }), ...(message !== undefined && { turn: message.uuid }), result })
  answered = undefined
  say({
    type: 'result',
    subtype: 'success',
    terminal_reason: 'completed',
    result: text,
    ...result,
    permission_denials: [],
    ...(message === undefined ? { origin: { kind: 'task-notification' } } : { user_message_uuid: message.uuid, user_message_uuids: [message.uuid] }),
    ...fields
  })
  if (message !== undefined) say({ type: 'command_lifecycle', command_uuid: message.uuid, state: fields.is_error ? 'cancelled' : 'completed' })
  await after?.(turn)
  running = undefined
  say({ type: 'system', subtype: 'session_state_changed', state: 'idle' })
  if (unasked !== undefined) await run(undefined, unasked)
}

let busy = false
async function next () {
  if (busy) return
  busy = true
  for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
    const { text } = message
    const [, name, rest = ''] = /^!(\w+)\s*(.*)$/su.exec(text.trimStart()) ?? []
    const word = name === undefined ? undefined : WORDS[name]
    await run(message, turn => word === undefined ? WORDS.echo!(turn, text) : word(turn, rest))
  }
  busy = false
  if (closed && !mood.stubborn) process.exit(0)
}

function control (id: string | undefined, request: Input['request']) {
  const reply = (response: object) => { say({ type: 'control_response', response: { request_id: id, ...response } }) }
  if (request?.subtype === 'initialize') {
    server = request.sdkMcpServers?.[0]
    reply({ subtype: 'success', response: { pid: process.pid, claude_code_version: 'echo-1', capabilities: ['msg_lifecycle_v1'] } })
  } else if (request?.subtype === 'interrupt') {
    const cancelled = request.cancel_queued ? waiting.splice(0) : []
    for (const { uuid } of cancelled) say({ type: 'command_lifecycle', command_uuid: uuid, state: 'cancelled' })
    reply({ subtype: 'success', response: { still_queued: waiting.map(({ uuid }) => uuid), cancelled: cancelled.map(({ uuid }) => uuid) } })
    if (!mood.mute) running?.abort()
  } else {
    reply({ subtype: 'error', error: `Unsupported control request subtype: ${request?.subtype}` })
  }
}

function read (line: string) {
  const input = JSON.parse(line) as Input
  if (input.type === 'control_request') return control(input.request_id, input.request)
  if (input.type === 'control_response') {
    const id = input.response?.request_id ?? ''
    if (tools.answered(id, input.response?.response as Parameters<typeof tools.answered>[1], input.response?.error)) return
    const answer = questions.get(id)
    questions.delete(id)
    return answer?.(input.response?.response ?? { behavior: 'deny', message: 'the answer was not understood' })
  }
  if (input.type !== 'user') return
  const message = { uuid: input.uuid ?? randomUUID(), text: input.message?.content ?? '' }
  say({ type: 'command_lifecycle', command_uuid: message.uuid, state: 'queued' })
  waiting.push(message)
  void next()
}

process.on('SIGTERM', () => { if (!mood.stubborn) process.exit(143) })
stdout.on('error', () => { process.exit(1) })
if (env.ECHO_DELAY_START !== undefined) await pause(Number(env.ECHO_DELAY_START))
const lines = createLines({ line: read, tooLong: () => refuse('The line is too long') })
process.stdin.on('data', lines.push).on('end', () => {
  closed = true
  if (!busy && !mood.stubborn) process.exit(0)
})
