import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Cores } from './cores.ts'
import { startProgram, type Program } from './program.ts'

/** What a peer is to answer. */
export interface Task {
  readonly path: string
  /** With its `timestamp`, which each answer replaces: a field that is added to a copy costs the bare route a third more. */
  readonly body: Record<string, unknown>
  /** Of the answer; without one the bare server has only `/health/live`. */
  readonly schema?: object
  /** The one that is let in, by peers that ask for one. */
  readonly key: string
}

export type Peer = 'bare-fastify' | 'bare-ws' | 'express-stack' | 'room-ws' | 'room-socket-io' | 'replay-ws' | 'sdk-stateless' | 'sdk-stdio'

export function startPeer (cores: Cores, peer: Peer, directory: string, task?: Task): Promise<Program> {
  return startProgram(cores, peerWords(peer, directory, task), directory)
}

/** The words that run it. Its task goes to it by a file in `directory`. */
export function peerWords (peer: Peer, directory: string, task: Task = { path: '', body: {}, key: '' }): string[] {
  const file = join(directory, `${peer}.json`)
  writeFileSync(file, JSON.stringify(task), { mode: 0o600 })
  return [fileURLToPath(new URL(`./${peer}.js`, import.meta.url)), file]
}

/** In the peer's process: its task. */
export function readTask (): Task {
  return JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Task
}
