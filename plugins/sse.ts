import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Rooms } from '../schemas/room.ts'
import { ValidationError } from '../src/errors.ts'

/** A stored event on its way out. */
interface Published { readonly seq: number, readonly name: string, text (): string }

export interface SseOptions {
  clock: { after (ms: number, fn: () => void): () => void }
  /** Where a reader of these rooms that has all up to `after` goes on, and whether something it has not seen is gone. */
  begin (after: number, rooms: readonly string[]): { verdict: string, from: number, head: number }
  /** What this caller hears, of these rooms or of all. Throws where it may not. */
  interests (request: FastifyRequest, rooms: readonly string[] | undefined): { room: string, wants (published: Published): boolean }[]
  follow (reader: { deliver (run: readonly Published[]): void, full (): boolean, unread (): number, whenDrained (go: () => void): () => void, giveUp (): void }): {
    join (room: string, wants: (published: Published) => boolean): void
    hold (): void
    seek (after: number, caughtUp: (seq: number) => void): void
    stop (): void
  }
}

/** ms between comments that keep the connection: proxies give up silent ones after some 15 to 60 s. */
const BEAT = 14_000
/** Bytes a client may leave unread before it is given no more; what it misses is in the log. */
const FULL = 256 * 1024

/**
 * `GET /api/events/stream`: the log as server-sent events. Each has its `seq` as id, so a browser that comes back says by
 * itself (`Last-Event-ID`) where it was. First `resumed`, then what was missed, then `caught_up`, then what comes.
 * Without an id or `after` it begins with what comes.
 */
export default async function sse (app: FastifyInstance, { clock, begin, interests, follow }: SseOptions): Promise<void> {
  const open = new Set<() => void>()
  app.addHook('preClose', async () => { for (const end of open) end() })

  app.get('/events/stream', {
    exposeHeadRoute: false,
    config: { auth: true },
    schema: { hide: true }
  }, (request: FastifyRequest, reply: FastifyReply) => {
    const { rooms, after } = queryOf(request)
    const wanted = interests(request, rooms)
    const start = begin(after ?? Number.MAX_SAFE_INTEGER, wanted.map(({ room }) => room))
    const from = after === undefined ? start.head : start.from

    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, {
      ...reply.getHeaders() as Record<string, string>,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no'
    })
    const say = (event: string, data: unknown) => { raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`) }

    const feed = follow({
      deliver (run) { raw.write(run.map(published => `id: ${published.seq}\nevent: ${published.name}\ndata: ${published.text()}\n\n`).join('')) },
      full: () => raw.writableLength > FULL,
      unread: () => raw.writableLength,
      whenDrained (go) {
        raw.once('drain', go)
        return () => { raw.off('drain', go) }
      },
      giveUp () { raw.destroy() }
    })
    let cancelBeat = clock.after(BEAT, beat)
    /** Also the moment in which a key that was revoked is found out. */
    function beat () {
      if (request.judgeAnew() !== null) return end()
      raw.write(': \n\n')
      cancelBeat = clock.after(BEAT, beat)
    }
    function end () {
      raw.end()
      close()
    }
    function close () {
      open.delete(end)
      cancelBeat()
      feed.stop()
    }
    open.add(end)
    raw.on('close', close)

    feed.hold()
    for (const { room, wants } of wanted) feed.join(room, wants)
    say('resumed', { verdict: after === undefined ? 'ok' : start.verdict, from, head: start.head })
    feed.seek(from, seq => { say('caught_up', { seq }) })
  })
}

const ROOM = new RegExp(Rooms.items.pattern!)

function queryOf (request: FastifyRequest): { rooms?: string[], after?: number } {
  const { rooms, after, ...more } = request.query as { rooms?: string | string[], after?: string }
  const unknown = Object.keys(more)[0]
  if (unknown !== undefined) throw new ValidationError(`unknown field '${unknown.slice(0, 100)}'; the stream takes rooms, after`)
  const cursor = request.headers['last-event-id'] ?? after
  if (cursor !== undefined && !/^\d{1,15}$/.test(String(cursor))) throw new ValidationError(`${after === cursor ? "'after'" : 'Last-Event-ID'} must be the seq of an event`)
  const list = rooms === undefined ? undefined : [rooms].flat()
  const wrong = list?.find(room => !ROOM.test(room))
  if (wrong !== undefined) throw new ValidationError(`'rooms' is malformed; expected: ${Rooms.items.description!}`)
  return { ...(list !== undefined && { rooms: list }), ...(cursor !== undefined && { after: Number(cursor) }) }
}
