import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Agent, AgentEvent, AgentProcess, Start } from '../../src/agent/agent.ts'

export type Said<T extends AgentEvent['type']> = Extract<AgentEvent, { type: T }>

/** Hears what an agent says. */
export interface Ear {
  readonly events: AgentEvent[]
  on (event: AgentEvent): void
  /** The next event of a type that fits, after the last one that was waited for. The test's own timeout is its deadline. */
  until <T extends AgentEvent['type']> (type: T, fits?: (event: Said<T>) => boolean): Promise<Said<T>>
}

export function createEar (): Ear {
  const events: AgentEvent[] = []
  const waiting = new Set<() => void>()
  let passed = 0
  return {
    events,
    on (event) {
      events.push(event)
      for (const look of waiting) look()
    },
    until (type, fits = () => true) {
      return new Promise(resolve => {
        let at = passed
        const look = () => {
          while (at < events.length) {
            const event = events[at++]!
            if (event.type !== type || !fits(event as never)) continue
            passed = Math.max(passed, at)
            waiting.delete(look)
            return resolve(event as never)
          }
        }
        waiting.add(look)
        look()
      })
    }
  }
}

/** A directory that is gone when the test is over. */
export function scratch (t: Test) {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'iris-')))
  t.teardown(() => { rmSync(path, { recursive: true, force: true, maxRetries: 3 }) })
  return path
}

/** What to start an agent with, where the test says no more. */
export function startOf (cwd: string, ear: Ear, more: Partial<Start> = {}): Start {
  return {
    team: 'team',
    cwd,
    sessionId: randomUUID(),
    conversation: randomUUID(),
    resume: false,
    env: { PATH: process.env.PATH ?? '' },
    costSoFar: 0,
    on: ear.on,
    signal: new AbortController().signal,
    ...more
  }
}

/** A living agent with an ear to it. It is stopped when the test is over. */
export async function living (t: Test, agent: Agent, cwd: string, more: Partial<Start> = {}) {
  const ear = createEar()
  const start = startOf(cwd, ear, more)
  const agentProcess = await agent.start(start)
  t.teardown(() => agentProcess.stop())
  return { ear, start, process: agentProcess as AgentProcess & { pid: number }, tell: (text: string) => tell(agentProcess, ear, text) }
}

/** Send a message and wait for its end. */
async function tell (agent: AgentProcess, ear: Ear, text: string) {
  const tellId = randomUUID()
  const from = ear.events.length
  agent.send(tellId, { text })
  const end = await ear.until('ended', event => event.tellId === tellId)
  const events = ear.events.slice(from)
  return { tellId, end, events, answer: answerOf(events, tellId), chunks: chunksOf(events, tellId) }
}

/** The text blocks of an answer. */
const answerOf = (events: AgentEvent[], tellId: string | null) =>
  events.flatMap(event => event.type === 'text' && event.tellId === tellId ? [event.text] : [])

/** The blocks again, as the deltas spell them: each `text` closes one, each `restart` takes back what is open. */
export function chunksOf (events: AgentEvent[], tellId: string | null) {
  const blocks: string[] = []
  let open = ''
  for (const event of events) {
    if (!('tellId' in event) || event.tellId !== tellId) continue
    if (event.type === 'delta') open += event.text
    if (event.type === 'text') blocks.push(open)
    if (event.type === 'text' || event.type === 'restart') open = ''
  }
  return blocks
}

/** tap gives every child its own variables, over and above what a test gives it. */
export const TAPS_OWN = /^(_TAPJS_\w+|NODE_OPTIONS)$/

/** Resolves when a process runs no more: a signal takes its moment. The test's own timeout is its deadline. */
export async function dead (pid: number): Promise<void> {
  while (alive(pid)) await new Promise(resolve => { setImmediate(resolve) })
}

/** Whether a process runs. One that has ended may wait a while for its parent to take note; it runs no more. */
export function alive (pid: number) {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
