import { ForbiddenError } from './error-names.ts'
import type { ErrorBody, IrisError } from './error.ts'
import { errorOf } from './errors.ts'
import { follow, type IrisEvent } from './follow.ts'
import type { TeamTellOutput, TellGetOutput, Tools } from './tools.ts'
import type { Wire } from './wire.ts'

/** A piece of an answer: it goes to `offset` of what came before, and replaces what stood there and after. */
export interface Chunk {
  /** UTF-16 units, as in a string */
  offset: number
  chunk: string
  /** The whole answer so far, this piece in its place. */
  text: string
}

/** What a team said to a tell. */
export interface Answer {
  tellId: string
  sessionId: string
  from: string
  to: string
  message: string
  response: string
  /** From acceptance to the end, ms */
  duration?: number
  usage?: TellGetOutput['usage']
}

export interface StreamInput {
  toTeam: string
  message: string
  fromTeam?: string
  tellId: string
}

/** How long one request waits for the end of a tell, ms: less than what stands in between may cut off. */
export const WAIT = 25_000

/** A tell whose answer is read while it grows. Reading less than all of it stops nothing: `tellCancel` does. */
export class TellStream implements AsyncIterable<Chunk> {
  readonly tellId: string
  /** Known once the tell is accepted. */
  sessionId: string | undefined
  /** The answer so far. */
  text = ''
  /** There when the tell has ended well. */
  answer: Answer | undefined
  readonly #chunks: AsyncGenerator<Chunk>

  constructor (wire: Wire, tools: Tools, input: StreamInput, { signal, retries }: { signal?: AbortSignal | undefined, retries: number }) {
    this.tellId = input.tellId
    this.#chunks = this.#read(wire, tools, input, retries, signal)
  }

  /** Once: whoever comes second finds the rest. */
  [Symbol.asyncIterator] (): AsyncGenerator<Chunk> {
    return this.#chunks
  }

  /** Reads to the end. Throws what the tell failed with. */
  async final (): Promise<Answer> {
    while (!(await this.#chunks.next()).done);
    return this.answer!
  }

  async * #read (wire: Wire, tools: Tools, input: StreamInput, retries: number, signal: AbortSignal | undefined): AsyncGenerator<Chunk> {
    const options = { ...(signal && { signal }) }
    // Where the events stand before the tell: all of its own come after.
    const after = await tools.eventList({ limit: 1 }, options).then(({ head }) => head, whereMayNot)
    const sent = await tools.teamTell({ ...input, timeout: -1 }, options)
    this.sessionId = sent.sessionId
    if (!sent.async) return yield * this.#end(sent, sent.response ?? '')
    if (after !== undefined) {
      try {
        for await (const event of follow(wire, { rooms: [`session:${sent.sessionId}`], after, retries, signal })) {
          const over = yield * this.#hear(event, tools, options, sent)
          if (over) return
        }
      } catch (err) {
        whereMayNot(err)
      }
    }
    // A key that may not read what is said in the session still finds its own tell.
    for (;;) {
      if (yield * this.#look(tools, options, sent, WAIT)) return
    }
  }

  /** Whether this is the end. */
  async * #hear ({ event, data }: IrisEvent, tools: Tools, options: { signal?: AbortSignal }, sent: TeamTellOutput): AsyncGenerator<Chunk, boolean> {
    if (event === 'resumed') return yield * this.#look(tools, options, sent, 0)
    if (data.tellId !== this.tellId) return false
    if (event === 'tell:chunk') {
      const [offset, chunk] = [Number(data.offset), String(data.chunk)]
      // Something before it is not known: the tell began before this stream.
      if (offset > this.text.length) return yield * this.#look(tools, options, sent, 0)
      yield this.#put(offset, chunk)
    } else if (event === 'tell:complete') {
      yield * this.#end({ ...sent, ...data }, String(data.response))
      return true
    } else if (event === 'tell:error') {
      throw failure(data.error as ErrorBody, { ...data, response: data.response })
    }
    return false
  }

  /** Asks for the tell itself. Whether it has ended. */
  async * #look (tools: Tools, options: { signal?: AbortSignal }, sent: TeamTellOutput, wait: number): AsyncGenerator<Chunk, boolean> {
    const tell = await tools.tellGet({ tellId: this.tellId, ...(wait > 0 && { wait }) }, options)
    if (tell.error !== undefined) throw failure(tell.error, { ...tell })
    if (tell.state === 'completed') {
      yield * this.#end({ ...sent, ...tell }, tell.response)
      return true
    }
    yield * this.#become(tell.response)
    return false
  }

  #put (offset: number, chunk: string): Chunk {
    this.text = this.text.slice(0, offset) + chunk
    return { offset, chunk, text: this.text }
  }

  * #become (text: string): Generator<Chunk> {
    if (text === this.text) return
    let offset = 0
    while (offset < text.length && text[offset] === this.text[offset]) offset++
    if (offset > 0 && /[\uD800-\uDBFF]/.test(text[offset - 1]!)) offset--
    yield this.#put(offset, text.slice(offset))
  }

  * #end (tell: Omit<Answer, 'response' | 'message'> & { message?: string }, response: string): Generator<Chunk> {
    yield * this.#become(response)
    this.answer = answerOf(tell as Answer, response)
  }
}

export function answerOf ({ tellId, sessionId, from, to, message, duration, usage }: Omit<Answer, 'response'>, response: string): Answer {
  return { tellId, sessionId, from, to, message, response, ...(duration !== undefined && { duration }), ...(usage && { usage }) }
}

/** The error that a tell ended with, as team_tell says it: with what is known of the tell in its details. */
export function failure (error: ErrorBody, { tellId, sessionId, state, response }: Record<string, unknown>): IrisError {
  return errorOf({ ...error, details: { ...error.details, tellId, sessionId, state, response } })
}

/** undefined where it is only that this key may not. */
function whereMayNot (err: unknown): undefined {
  if (!(err instanceof ForbiddenError)) throw err
}
