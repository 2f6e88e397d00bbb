import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import WebSocket from 'ws'
import { spawnServer, startProcess, type ServerProcess } from '../fixtures/process.ts'
import { inquest } from './inquest.ts'
import type { Faults } from './fuzz.ts'
import { createRandom, type Random } from './random.ts'

/** What the client knows of one tell. */
export interface Sent {
  readonly tellId: string
  readonly message: string
  /** The server said that it has it. */
  accepted: boolean
  /** The answer it was seen to be completed with. */
  answer?: string
  /** How it was seen to end otherwise. */
  end?: string
}

interface Frame { event: string, id?: string, data: Record<string, unknown> & { tellId?: string } }

/** The moments a server is killed at, and how long after a moment, ms at most. */
const MOMENTS = { queued: 60, waking: 150, running: 250, waiting: 30, finishing: 12, starting: 400 } as const
type Moment = keyof typeof MOMENTS

/** ms that all of a killed server may outlive it */
const PATIENCE = 5_000

/** A real server on one data directory, killed `count` times at every state of a tell: nothing runs twice, is lost, stays behind or is stuck. */
export async function kills (count: number, seed: number): Promise<Record<string, Faults>> {
  const random = createRandom(seed)
  const home = mkdtempSync(join(tmpdir(), 'iris-kills-'))
  const runs = join(home, 'runs.log')
  const start = () => startProcess({ home, env: { ECHO_LOG: runs }, settings: { drainTimeout: '20s', approvalTimeout: '60s' } })
  const sent = new Map<string, Sent>()
  const orphans: Faults = []
  const hits = new Map<string, number>()
  let slowest = 0

  for (let n = 0; n < count; n++) {
    const moment = random.pick(Object.keys(MOMENTS) as Moment[])
    const server = await start()
    const client = await connect(server, sent, random)
    const reached = await provoke(client, moment, random)
    await pause(random.next() * MOMENTS[moment])
    const killed = performance.now()
    await server.end('SIGKILL')
    client.close()
    hits.set(reached, (hits.get(reached) ?? 0) + 1)
    if (moment === 'starting') await dieEarly(home, runs, random)
    let left = server.descendants()
    while (left.length > 0 && performance.now() - killed < PATIENCE) {
      await pause(10)
      left = server.descendants()
    }
    if (left.length > 0) orphans.push(`round ${n} (${moment}): ${left.length} processes outlive their server by ${PATIENCE} ms`)
    else slowest = Math.max(slowest, performance.now() - killed)
    if ((n + 1) % 20 === 0) console.log(`  ${n + 1} kills, ${sent.size} tells`)
  }

  const last = await start()
  const client = await connect(last, sent, random)
  const stuck = await quiet(last)
  client.close()
  const code = await last.end()
  const left = last.descendants().map(pid => `pid ${pid} is left after the stop`)
  console.log(`  killed ${[...hits].map(([name, times]) => `${times} x ${name}`).join(', ')}; the last process of a killed server was gone after ${Math.round(slowest)} ms at most`)
  const found = inquest({ home, runs, sent: [...sent.values()] })
  rmSync(home, { recursive: true, force: true })
  return {
    ...found,
    'no process outlives its server, with no new start': [...orphans, ...left],
    'nothing is stuck': stuck,
    'the last server ends with 0': code === 0 ? [] : [`exit code ${String(code)}: ${last.log().slice(-1_000)}`]
  }
}

interface Client {
  send (fromTeam: string, message: string, toTeam?: string): Sent
  /** Resolves with the first frame that fits from now on, or undefined after some seconds. */
  until (fits: (frame: Frame) => boolean): Promise<Frame | undefined>
  close (): void
}

/** A client that keeps what it hears of its tells, and lets in most questions of agents that it hears of. */
async function connect (server: ServerProcess, sent: Map<string, Sent>, random: Random): Promise<Client> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, { headers: { authorization: `Bearer ${server.key}` } })
  const listeners = new Set<(frame: Frame) => void>()
  socket.on('error', () => {})
  await once(socket, 'open')
  const put = (event: string, data: object, id?: string) => { socket.send(JSON.stringify({ event, data, id })) }
  put('approval:subscribe', { team: '*' })
  put('process:subscribe', { team: '*' })
  socket.on('message', (raw: Buffer) => {
    const frame = JSON.parse(raw.toString()) as Frame
    const { event, id, data } = frame
    const own = sent.get(id ?? '')
    if (own !== undefined) {
      if (event === 'tell:started') own.accepted = true
      if (event === 'tell:complete') own.answer = data.response as string
      if (event === 'tell:error') own.end = data.state as string
      if (event === 'error') own.end = JSON.stringify(data)
    }
    if (event === 'approval:requested') setTimeout(() => { put('approval_answer', { approvalId: data.approvalId, decision: random.chance(0.7) ? 'allow' : 'deny' }) }, 60)
    for (const listener of listeners) listener(frame)
  })
  return {
    send (fromTeam, message, toTeam = 'echo') {
      const one: Sent = { tellId: randomUUID(), message, accepted: false }
      sent.set(one.tellId, one)
      put('tell:start', { toTeam, fromTeam, message, tellId: one.tellId }, one.tellId)
      return one
    },
    until: fits => new Promise(resolve => {
      const over = (frame?: Frame) => {
        clearTimeout(timer)
        listeners.delete(listener)
        resolve(frame)
      }
      const listener = (frame: Frame) => { if (fits(frame)) over(frame) }
      const timer = setTimeout(over, 10_000)
      listeners.add(listener)
    }),
    close () { socket.terminate() }
  }
}

/** Sends tells and resolves when one of them is in the state that is wanted: to its name, or to what came in its place. */
async function provoke ({ send, until }: Client, moment: Moment, random: Random): Promise<string> {
  const from = () => `c${random.below(6)}`
  const slow = () => `!slow ${3 + random.below(12)} ${10 + random.below(30)} ${randomUUID()} ${'words '.repeat(random.below(8))}end`
  for (let n = random.below(4); n > 0; n--) send(from(), random.pick(['hello', slow(), slow(), '!blocks', '!orphan', '!tool 200', '!stubborn']), random.pick(['echo', 'other']))
  const about = (one: Sent, ...events: string[]) => until(({ id, event }) => id === one.tellId && events.includes(event))
  switch (moment) {
    case 'queued': {
      const caller = from()
      send(caller, slow())
      const one = send(caller, slow())
      return await about(one, 'tell:started') === undefined ? 'queued (missed)' : 'queued'
    }
    case 'waking':
      // A session that is new, so that it really has to wake.
      return await about(send(`new-${randomUUID().slice(0, 8)}`, slow()), 'tell:started') === undefined ? 'waking (missed)' : 'waking'
    case 'running':
      return (await about(send(from(), slow()), 'tell:chunk', 'tell:complete'))?.event === 'tell:chunk' ? 'running' : 'running (missed)'
    case 'waiting': {
      const one = send(from(), `!ask Write {"file_path":"${randomUUID()}.txt","content":"x"}`, 'careful')
      return await until(({ event, data }) => event === 'approval:requested' && data.tellId === one.tellId) === undefined ? 'waiting (missed)' : 'waiting'
    }
    case 'finishing': {
      // Its words come in one piece at the very end of the turn.
      const one = send(from(), random.chance(0.5) ? `the end of ${randomUUID()}` : '!big 20000')
      return await about(one, 'tell:chunk', 'tell:complete') === undefined ? 'finishing (missed)' : 'finishing'
    }
    case 'starting':
      send(from(), slow())
      return 'running, and again while it starts'
  }
}

/** A server that is killed before it has said that it is there. */
async function dieEarly (home: string, runs: string, random: Random): Promise<void> {
  const child = spawnServer(join(home, 'config.yaml'), { ECHO_LOG: runs })
  child.stdout.resume()
  child.stderr.resume()
  const exited = once(child, 'exit')
  await pause(200 + random.next() * 800)
  child.kill('SIGKILL')
  await exited
}

/** What is still open a while after the last start. */
async function quiet (server: ServerProcess): Promise<Faults> {
  const get = async (path: string) => await (await fetch(`${server.url}/api${path}`, { headers: { authorization: `Bearer ${server.key}` } })).json() as Record<string, unknown[]>
  const faults: Faults = []
  for (const end = performance.now() + 120_000; performance.now() < end; await pause(100)) {
    faults.length = 0
    for (const state of ['queued', 'running']) {
      const { tells } = await get(`/tells?state=${state}`)
      if (tells!.length > 0) faults.push(`${tells!.length} tells still ${state}: ${JSON.stringify(tells![0])}`)
    }
    if (faults.length === 0) break
  }
  const { approvals } = await get('/approvals?state=pending')
  if (approvals!.length > 0) faults.push(`${approvals!.length} questions are still open`)
  let seen = 0
  for (let path: string | undefined = '/sessions?limit=100'; path !== undefined;) {
    const { sessions, next } = await get(path) as unknown as { sessions: { state: string }[], next?: unknown }
    seen += sessions.length
    for (const session of sessions) if (!['asleep', 'idle'].includes(session.state)) faults.push(`a session is still ${session.state}: ${JSON.stringify(session)}`)
    path = next === undefined ? undefined : `/sessions?limit=100&cursor=${encodeURIComponent(String(next))}`
  }
  if (seen === 0) faults.push('no session is listed')
  return faults
}
