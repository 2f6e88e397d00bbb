/** For wake.ts, in a process of its own: the real Claude Code runs where nothing but loopback can be reached. Argument: JSON. Prints Wakes. */
import { claudeEnvironment } from '../claude/isolation.ts'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import WebSocket from 'ws'
import { CLAUDE } from '../claude/install.ts'
import { script, startModelStub } from '../fixtures/model-stub.ts'
import { ask } from './ask.ts'
import { onServerCore, type Cores } from './cores.ts'
import { createSite, type Iris } from './iris.ts'
import { rounds } from './measure.ts'
import type { Wakes } from './wake.ts'

const { cores, rounds: count } = JSON.parse(process.argv[2]!) as { cores: Cores, rounds: number }
const ANSWER = 'These are the first words.'
const MESSAGE = script([{ say: ANSWER, chunks: 3 }])
/** ms that one wake may take */
const DEADLINE = 30_000

/** The team whose program's pipe is written down. */
const HEARD = 'heard'

interface Frame { event: string, data: { chunk?: string, response?: string, sessionId?: string, pid?: number } }

/** How Iris has run the program. */
interface Run { readonly args: string[], readonly env: Record<string, string>, readonly cwd: string }

async function call ({ url, key }: Iris, path: string, body?: object) {
  const { status, text } = await ask(url + path, { key, ...(body && { body: JSON.stringify(body) }) })
  if (status !== 200) throw new Error(`${path} was answered ${status} ${text}`)
  return JSON.parse(text) as Record<string, unknown>
}

/** ms from the tell to its first chunk, in a conversation of its own; the program that answered still lives. */
async function byIris (socket: WebSocket, speaker: string, team = 'claude'): Promise<number> {
  const began = performance.now()
  let first: number | undefined
  const over = new Promise<Frame>(resolve => {
    socket.on('message', function hear (raw: Buffer) {
      const frame = JSON.parse(raw.toString()) as Frame
      if (frame.event === 'tell:chunk') first ??= performance.now() - began
      if (!/^(tell:complete|tell:error|error)$/.test(frame.event)) return
      socket.off('message', hear)
      resolve(frame)
    })
  })
  socket.send(JSON.stringify({ event: 'tell:start', id: speaker, data: { toTeam: team, fromTeam: speaker, message: MESSAGE } }))
  const end = await over
  if (end.data.response !== ANSWER || first === undefined) throw new Error(`Claude Code answered ${JSON.stringify(end)}`)
  return first
}

/** What the kernel tells of the program that Iris runs, but for its conversation and what is Iris's own. */
function runOf (pid: number, cwd: string): Run {
  const words = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').filter(word => word !== '')
  const args = words('cmdline').slice(1)
  const env = words('environ').map(word => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const)
  return { args, env: Object.fromEntries(env.filter(([name]) => !name.startsWith('IRIS_'))), cwd }
}

/** A line on the pipe to the program, or from it. */
interface Line {
  type: string
  event?: { type: string }
  result?: string
  request_id?: string
  request?: { subtype: string, message?: { id?: number } }
  response?: { request_id: string, response: { mcp_response: { id?: number } } }
}

/** What Iris has said on the program's pipe before the message: how it begins, and its answers to what the program asks, in their order. */
interface Said { readonly opening: Line, readonly answers: Line[] }

function saidIn (file: string): Said {
  const lines = readFileSync(file, 'utf8').trim().split('\n').map(line => JSON.parse(line) as Line)
  const [opening] = lines
  if (opening?.request?.subtype !== 'initialize') throw new Error('Iris does not begin with initialize')
  return { opening, answers: lines.filter(({ type }) => type === 'control_response') }
}

/** ms from its start to the first words. Without `said`, all that it is told is the message. */
async function byHand ({ args, env, cwd }: Run, said?: Said): Promise<number> {
  const began = performance.now()
  const [command, ...words] = onServerCore(cores, [CLAUDE, ...args.map((word, n) => args[n - 1] === '--session-id' ? randomUUID() : word)])
  const child = spawn(command, words, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] })
  const late = setTimeout(() => { child.kill('SIGKILL') }, DEADLINE)
  const say = (line: object) => { child.stdin.write(`${JSON.stringify(line)}\n`) }
  if (said !== undefined) say(said.opening)
  say({ type: 'user', message: { role: 'user', content: MESSAGE }, parent_tool_use_id: null })
  const answers = [...said?.answers ?? []]
  let first: number | undefined
  let answer: string | undefined
  createInterface({ input: child.stdout }).on('line', line => {
    const frame = JSON.parse(line) as Line
    if (frame.type === 'control_request') {
      const { response } = answers.shift()!
      const { mcp_response: message } = response!.response
      say({ type: 'control_response', response: { ...response, request_id: frame.request_id, response: { mcp_response: { ...message, id: frame.request?.message?.id ?? message.id } } } })
    }
    if (frame.event?.type === 'content_block_delta') first ??= performance.now() - began
    if (frame.type === 'result') {
      answer = frame.result
      child.stdin.end()
    }
  })
  await once(child, 'exit')
  clearTimeout(late)
  if (answer !== ANSWER || first === undefined) throw new Error(`Claude Code answered ${answer} by hand`)
  return first
}

const stub = await startModelStub()
const scratch = createSite(cores)
const env = claudeEnvironment(scratch.directory, stub.port)
const team = { path: '.', agent: 'claude', command: CLAUDE, model: 'claude-sonnet-4-5', env }
const [listener, heard] = ['listener', 'heard.jsonl'].map(name => join(scratch.directory, name)) as [string, string]
writeFileSync(listener, `#!/bin/sh\ntee ${heard} | ${CLAUDE} "$@"\n`, { mode: 0o755 })
const site = createSite(cores, undefined, { teams: { claude: team, [HEARD]: { ...team, command: listener } } })
const figures: Wakes = { ours: [], limit: [], alike: [] }
let iris: Iris | undefined
try {
  iris = await site.start()
  const socket = new WebSocket(`${iris.url.replace('http', 'ws')}/ws`, { headers: { authorization: `Bearer ${iris.key}` } })
  await once(socket, 'open')
  const spawned = new Promise<number>(resolve => {
    socket.on('message', (raw: Buffer) => {
      const { event, data } = JSON.parse(raw.toString()) as Frame
      if (event === 'process:spawned') resolve(data.pid!)
    })
  })
  socket.send(JSON.stringify({ event: 'process:subscribe', data: { team: 'claude' } }))
  let speakers = 0
  const ours = async () => {
    const took = await byIris(socket, `speaker-${++speakers}`)
    await call(iris!, '/api/teams/claude/sleep', { force: true })
    return took
  }
  // The first of each makes its files and fills the file cache.
  await byIris(socket, 'first')
  const run = runOf(await spawned, site.directory)
  await call(iris, '/api/teams/claude/sleep', { force: true })
  await byIris(socket, 'first', HEARD)
  await call(iris, `/api/teams/${HEARD}/sleep`, { force: true })
  const said = saidIn(heard)
  const sides = { ours, limit: () => byHand(run), alike: () => byHand(run, said) }
  await sides.limit()
  await sides.alike()
  for (const side of rounds(count, ['ours', 'limit', 'alike'] as const)) figures[side].push(await sides[side]())
  socket.terminate()
  console.log(JSON.stringify(figures))
} finally {
  await iris?.end()
  await stub.close()
  scratch.remove()
  site.remove()
}
