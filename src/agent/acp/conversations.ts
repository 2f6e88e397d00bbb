import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError } from '../../errors.ts'

/** What Iris's id of a conversation stands for. */
export interface Kept {
  /** The agent's own id of it. */
  sessionId: string
  /** How many messages it was sent: how far it has gone. */
  sent: number
  /** When it began, Unix ms. */
  at: number
}

export interface Conversations {
  /** undefined where there is none, or its file cannot be read. */
  get (conversation: string): Kept | undefined
  /** Throws AgentError where it cannot be written. */
  keep (conversation: string, kept: Kept): void
}

/**
 * ACP agents choose the ids of their sessions by themselves, so which is which is kept here: a file each, written whole or not at all.
 * Without a `home` it is forgotten with the server.
 */
export function createConversations (home: string | undefined): Conversations {
  const memory = new Map<string, Kept>()
  const fileOf = (folder: string, conversation: string) => join(folder, `${conversation}.json`)

  function read (folder: string, conversation: string): Kept | undefined {
    try {
      const { sessionId, sent, at } = JSON.parse(readFileSync(fileOf(folder, conversation), 'utf8')) as Partial<Kept>
      return typeof sessionId === 'string' && typeof sent === 'number' && typeof at === 'number' ? { sessionId, sent, at } : undefined
    } catch {
      return undefined
    }
  }

  return {
    get: conversation => home === undefined ? memory.get(conversation) : read(home, conversation),
    keep (conversation, kept) {
      if (home === undefined) {
        memory.set(conversation, kept)
        return
      }
      const file = fileOf(home, conversation)
      try {
        mkdirSync(home, { recursive: true, mode: 0o700 })
        writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600 })
        renameSync(`${file}.new`, file)
      } catch (cause) {
        throw new AgentError(`How far the conversation has gone cannot be written to ${home}: ${(cause as Error).message}`, { cause })
      }
    }
  }
}
