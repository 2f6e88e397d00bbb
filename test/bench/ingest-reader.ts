/**
 * Reads an agent's output as Iris does, and parses the same lines from memory. Arguments: a directory of its own, bytes of a
 * line, MB a side and round, rounds, the core for the agent or `any`. Prints MB/s: `Read`.
 */
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AgentEvent, AgentProcess } from '../../src/agent/agent.ts'
import { startStreamJson } from '../../src/agent/stream-json.ts'
import { systemClock } from '../../src/clock.ts'
import type { Read } from './ingest.ts'
import { rounds } from './measure.ts'

/** Bytes of a block of lines, which is said again and again. */
const BLOCK = 1_000_000
/** Longer texts come whole, as an assistant's message; shorter ones as they grow. */
const SHORT = 1_000
const SAMPLE = 'The route is in `src/app.ts`:\n\n    app.get("/health", async () => ({ ok: true }))\n\nIt needs no key. '

const [directory, bytes, megabytes, count, core] = process.argv.slice(2) as [string, string, string, string, string]
const session = randomUUID()
const lines = Array.from({ length: BLOCK / Number(bytes) }, () => line(Number(bytes) - 1))
const repeats = Math.ceil(Number(megabytes) * 1e6 / BLOCK)
const file = join(directory, 'lines.jsonl')
writeFileSync(file, lines.map(text => `${text}\n`).join(''))

/** A frame that is so long, with a text in it. */
function line (length: number): string {
  const frame = (text: string) => JSON.stringify(Number(bytes) < SHORT
    ? { type: 'stream_event', event: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }, session_id: session, uuid: randomUUID().slice(0, 18) }
    : { type: 'assistant', message: { id: 'message', role: 'assistant', content: [{ type: 'text', text }] }, parent_tool_use_id: null, session_id: session, uuid: randomUUID() })
  let text = ''
  while (frame(text).length < length) text += SAMPLE
  while (frame(text).length > length) text = text.slice(0, -1)
  // What an escaped letter leaves over is filled up with one that is not.
  const found = frame(text + 'x'.repeat(length - frame(text).length))
  if (Buffer.byteLength(found) !== length) throw new Error(`A line is ${found.length} bytes long`)
  return Buffer.from(found).toString()
}

let texts = 0
let ended = (_event: AgentEvent) => {}
const agent = await startStreamJson(
  { command: core === 'any' ? process.execPath : 'taskset', args: [...(core === 'any' ? [] : ['-c', core, process.execPath]), fileURLToPath(new URL('./ingest-agent.js', import.meta.url)), file, String(repeats)], cwd: directory, env: { PATH: process.env.PATH! } },
  {
    team: 'bench',
    cwd: directory,
    sessionId: session,
    conversation: session,
    resume: false,
    env: {},
    costSoFar: 0,
    signal: new AbortController().signal,
    on (event) {
      if (event.type === 'delta' || event.type === 'text') texts++
      else if (event.type === 'ended' || event.type === 'exit') ended(event)
    }
  },
  { clock: systemClock, owner: directory }
)

/** A whole turn of the agent. */
async function read (agent: AgentProcess): Promise<void> {
  texts = 0
  const end = new Promise<AgentEvent>(resolve => { ended = resolve })
  agent.send(randomUUID(), { text: 'Go on' })
  const event = await end
  if (event.type !== 'ended' || event.outcome !== 'completed') throw new Error(`The agent's turn came to ${JSON.stringify(event)}`)
  if (texts !== lines.length * repeats) throw new Error(`Of ${lines.length * repeats} texts ${texts} were read`)
}

async function parse (lines: ReadonlyArray<string | Buffer>): Promise<void> {
  let frames = 0
  for (let n = 0; n < repeats; n++) for (const line of lines) if ((JSON.parse(line.toString()) as { session_id: string }).session_id === session) frames++
  if (frames !== lines.length * repeats) throw new Error('Not all lines were parsed')
}

const ours = { work: () => read(agent), speeds: [] as number[] }
const buffers = lines.map(text => Buffer.from(text))
const fromTexts = { work: () => parse(lines), speeds: [] as number[] }
const fromBytes = { work: () => parse(buffers), speeds: [] as number[] }
const sides = [ours, fromTexts, fromBytes]
for (const { work } of sides) await work()
for (const { work, speeds } of rounds(Number(count), sides)) {
  const began = performance.now()
  await work()
  speeds.push(repeats * BLOCK / 1e6 / (performance.now() - began) * 1_000)
}
await agent.stop()
console.log(JSON.stringify({ ours: ours.speeds, texts: fromTexts.speeds, bytes: fromBytes.speeds } satisfies Read))
