import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { countChunks } from '../fixtures/witness.ts'
import { startProcess, type ServerProcess } from '../fixtures/process.ts'
import { deafSocket, deafStream, type Deaf } from './deaf-readers.ts'
import type { Faults } from './fuzz.ts'
import { listenBySocket, listenByStream, type Listener } from './listeners.ts'

/** Sessions that are told one thing after the other. */
const LANES = 4
/** ms between new deaf readers, four each time. */
const MORE = 5_000
/** ms in which the server is rid of one: 10 to see that it does not read, 5 for its close, or two beats of 15 s. */
const RID = 45_000
const MB = 1024 * 1024
/** MB of old objects, beyond which the server dies. Where V8 may take more, it collects when it likes, and what is kept cannot be told from what is not collected yet. */
const HEAP = 96
/** What counts as flat and as unharmed, where there is time to tell; a short run only finds what is far off. */
const LONG = { name: 'the last third within 20 % or 20 MB of the first; p99 at most twice as long or 20 ms longer', share: 1.2, bytes: 20 * MB, times: 2, later: 20 }
const SHORT = { name: 'within 50 % or 80 MB; four times as long or 100 ms longer', share: 1.5, bytes: 80 * MB, times: 4, later: 100 }

const pause = (ms: number) => new Promise(resolve => { setTimeout(resolve, ms) })

/**
 * Echo agents talk as fast as they can for `ms`; after a quarter of it (a minute at the most) come readers, every five seconds
 * one of each kind, that never read, or close their half and never read. The server's memory stays flat, and those who
 * do read get all, in order, no later than before.
 */
export async function deaf (ms: number): Promise<Record<string, Faults>> {
  const server = await startProcess({ settings: { maxProcesses: LANES, maxEvents: 50_000 }, env: { NODE_OPTIONS: `--max-old-space-size=${HEAP}` } })
  const chunks = countChunks(join(server.home, '.iris'))
  const headers = { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }
  const post = async (path: string, body: object) => {
    const response = await fetch(`${server.url}/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const answer = await response.json() as { sessionId: string, response: string }
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  const sessions = await Promise.all(Array.from({ length: LANES }, async (_, n) => (await post('/teams/echo/wake', { fromTeam: `lane-${n}` })).sessionId))
  const listeners = await Promise.all([listenBySocket(server, sessions), listenByStream(server)])

  const end = Date.now() + ms
  const failed: Faults = []
  const long = `!slow 50 0 ${'as fast as it can '.repeat(2_000)}`
  const talking = Promise.all(sessions.map(async (_, n) => {
    for (let told = 0; Date.now() < end; told++) {
      try {
        await post('/teams/tell', { toTeam: 'echo', fromTeam: `lane-${n}`, message: told % 4 === 3 ? long : `number ${told}`, timeout: 60_000 })
      } catch (err) {
        failed.push(String(err))
        await pause(100)
      }
    }
  }))

  const alone = await phase(server, listeners, Math.min(ms / 4, 60_000))
  const readers: { since: number, deaf: Deaf }[] = []
  const crowd = () => {
    for (const half of [false, true]) for (const one of [deafSocket(server, sessions, half), deafStream(server, half)]) readers.push({ since: Date.now(), deaf: one })
  }
  crowd()
  const coming = setInterval(crowd, MORE)
  const among = await phase(server, listeners, end - Date.now())
  clearInterval(coming)
  await talking
  const recent = readers.filter(({ since }) => since > Date.now() - RID).length
  const files = openFiles(server) - recent
  for (const { deaf } of readers) deaf.end()
  for (const one of listeners) one.end()
  const folded = chunks.all()
  chunks.close()
  const internal = server.log().split('\n').filter(line => /internal error|unhandled|"level":[56]0/i.test(line))
  const code = await server.stop()

  const [first, last] = thirds(among.resident)
  const may = ms < 120_000 ? SHORT : LONG
  console.log(`  ${Math.round(ms / 1_000)} s: ${Math.round((alone.events + among.events) / ms * 1_000)} events/s, ${readers.length} deaf readers, ${among.files} files open at the most`)
  console.log(`  resident: ${megabytes(alone.resident)} alone; among the deaf ${megabytes(first)} in the first third, ${megabytes(last)} in the last, ${(Math.max(...among.resident) / MB).toFixed(0)} MB at the most`)
  for (const [n, { name }] of listeners.entries()) console.log(`  ${name}: delay p50 ${quantile(alone.delays[n]!, 0.5)} p99 ${quantile(alone.delays[n]!, 0.99)} ms alone, p50 ${quantile(among.delays[n]!, 0.5)} p99 ${quantile(among.delays[n]!, 0.99)} ms among the deaf; ${listeners[n]!.missing.length} of ${folded.size} chunks were folded before it was there`)
  return {
    'those who read get each event, in order': [...failed.slice(0, 3), ...listeners.flatMap(({ name, faults, missing, count }) => count() < 100
      ? [`${name} heard only ${count()}`]
      : [...faults, ...missing.filter(seq => !folded.has(seq)).map(seq => `${name}: ${seq} is missing`)])],
    [`and no later than without the deaf, and memory is flat: ${may.name}`]: [
      ...listeners.flatMap(({ name }, n) => {
        const [before, after] = [quantile(alone.delays[n]!, 0.99), quantile(among.delays[n]!, 0.99)]
        return after <= Math.max(before * may.times, before + may.later) ? [] : [`${name}: ${before} ms before, ${after} ms after`]
      }),
      ...(median(last) <= Math.max(median(first) * may.share, median(first) + may.bytes) ? [] : [`${megabytes(first)}, then ${megabytes(last)}`])
    ],
    'it is rid of each of them in 45 s': files <= alone.files ? [] : [`${files} files are open, ${alone.files} without them`],
    'the log holds no internal error': internal.slice(0, 5).map(line => line.slice(0, 500)),
    'and it ends with 0': code === 0 ? [] : [`exit code ${String(code)}`]
  }
}

/** Watches for `ms`, each quarter of a second. */
async function phase (server: ServerProcess, listeners: readonly Listener[], ms: number) {
  const end = Date.now() + ms
  const resident: number[] = []
  let files = 0
  const before = listeners[1]!.count()
  for (const one of listeners) one.delays()
  while (Date.now() < end) {
    resident.push(Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${server.child.pid!}/status`, 'utf8'))![1]) * 1024)
    files = Math.max(files, openFiles(server))
    await pause(250)
  }
  return { resident, files, events: listeners[1]!.count() - before, delays: listeners.map(one => one.delays()) }
}

const openFiles = ({ child }: ServerProcess) => readdirSync(`/proc/${child.pid!}/fd`).length

/** The first and the last third of what comes after a fifth to warm up. */
function thirds (values: readonly number[]): [number[], number[]] {
  const warm = values.slice(Math.floor(values.length / 5))
  const size = Math.ceil(warm.length / 3)
  return [warm.slice(0, size), warm.slice(-size)]
}

/** The value below which this share of them lies. */
function quantile (values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? NaN
}

const median = (values: readonly number[]) => quantile(values, 0.5)
const megabytes = (values: readonly number[]) => `${(median(values) / MB).toFixed(0)} MB`
