import type { Clock } from '../clock.ts'
import type { Target } from './client.ts'
import type { Link, LinkEvents } from './mcp-link.ts'
import { failure, modernVersion, reasonOf, requestIds, SERVER_ERROR, type Id, type Message, type RpcError } from './mcp-message.ts'
import { createUpstream } from './mcp-upstream.ts'

export interface HttpOptions {
  clock: Clock
  /** Finds a living server, or starts one. */
  connect (): Promise<Target>
  /** Headers of every request. */
  headers: Readonly<Record<string, string>>
  /** Hears what no client can be told. */
  say (message: string): void
}

/** For servers that take no channel, and proxies that pass none on: each message as a request of its own. It is never lost, for it finds the next server itself. */
export function createHttpLink ({ clock, connect, headers, say }: HttpOptions, { hear }: Pick<LinkEvents, 'hear'>): Link {
  const inFlight = new Map<Id, { stop: AbortController, modern: boolean }>()
  const working = new Set<Promise<void>>()
  const over = new AbortController()
  const write = async (message: Message) => { await hear(JSON.stringify(message)) }
  const upstream = createUpstream({ clock, connect, headers, hear: write })

  async function carry (message: Message | Message[]): Promise<void> {
    const waiting = new Set(requestIds(message))
    const entry = { stop: new AbortController(), modern: modernVersion(message) !== undefined }
    for (const id of waiting) inFlight.set(id, entry)
    try {
      for await (const one of upstream.send(message, AbortSignal.any([entry.stop.signal, over.signal]))) {
        if (one.method === undefined && one.id !== undefined && one.id !== null) waiting.delete(one.id)
        await write(one)
      }
      if (!entry.stop.signal.aborted) await refuse(waiting, { code: SERVER_ERROR, message: 'The server ended the connection without an answer' })
    } catch (err) {
      if (entry.stop.signal.aborted || over.signal.aborted) return
      if (waiting.size === 0) say(`A message was not delivered: ${(err as Error).message}`)
      await refuse(waiting, reasonOf(err as Error))
    } finally {
      for (const id of requestIds(message)) if (inFlight.get(id) === entry) inFlight.delete(id)
    }
  }

  async function refuse (ids: Iterable<Id>, error: RpcError): Promise<void> {
    for (const id of ids) await write(failure(id, error))
  }

  /** The client gives a request up. Without sessions, hanging up says so; with them, the server is told first. */
  async function cancel (notice: Message): Promise<void> {
    const entry = inFlight.get(notice.params?.requestId as Id)
    if (entry?.modern !== true) await carry(notice)
    entry?.stop.abort()
  }

  return {
    limit: Infinity,
    forgetful: false,
    send (_line, message) {
      const work = !Array.isArray(message) && message.method === 'notifications/cancelled' ? cancel(message) : carry(message)
      const one = work.catch((err: unknown) => { say((err as Error).message) }).finally(() => { working.delete(one) })
      working.add(one)
    },
    async close (enough) {
      await Promise.race([Promise.all(working), enough])
      await upstream.close(over.signal)
      over.abort()
    }
  }
}
