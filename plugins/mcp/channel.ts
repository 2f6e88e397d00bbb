import { type IrisError, RateLimitedError, toErrorBody } from '../../src/errors.ts'
import type { Call } from '../../src/tool.ts'
import { Asked } from './asked.ts'
import { ClientQuestions } from './client-questions.ts'
import type { Carrier, Context, Extras, Result } from './context.ts'
import type { Dispatch } from './dispatch.ts'
import { batchOf, openingOf, serverInfo, type Opening } from './opening.ts'
import { carrierOf, type Peer } from './peer.ts'
import { ToolResult } from './result.ts'
import { CAPABILITIES, checkVersion, metaOf, namedVersion, progressTokenOf, versionOf, type Revision, type RevisionOptions } from './revision.ts'
import { failure, idOf, INTERNAL_ERROR, INVALID_REQUEST, isObject, RpcError, type Id, type Message } from './rpc.ts'

/** What a channel writes to. */
export interface End {
  /** One message, without a line break. */
  send (text: string): void
  /** Whether so much is unread that progress is left out: the result says it all. */
  congested (): boolean
  /** The key that it was opened with does not count any more. */
  refused (why: string): void
}

export interface Surroundings extends Readonly<RevisionOptions> {
  readonly dispatch: Dispatch
  readonly revision: Revision
  readonly clock: { now (): number, after (ms: number, fn: () => void): () => void }
  call (peer: Peer, extras: Extras): Call
}

/** Requests of one channel that wait for their answers. */
const MAX_IN_FLIGHT = 256

/**
 * MCP on one long-lived, ordered connection of messages, in both generations. Each message is admitted as a request over HTTP
 * is: the key is judged as of now and the limits count it.
 */
export class Channel {
  readonly #peer: Peer
  readonly #end: End
  readonly #around: Surroundings
  readonly #carrier: Carrier
  readonly #questions: ClientQuestions
  readonly #inFlight = new Map<Id, Asked>()
  readonly #streams = new Map<Id, () => void>()
  #opening: Opening | undefined
  #quiet: (() => void) | undefined

  constructor (peer: Peer, end: End, around: Surroundings) {
    this.#peer = peer
    this.#end = end
    this.#around = around
    this.#carrier = carrierOf(peer, around.call)
    this.#questions = new ClientQuestions(message => { this.#say(message) }, around.clock.after)
  }

  /** What came, read from its JSON; an RpcError, where it could not be read. */
  receive (message: unknown): void {
    const refusal = this.#admit()
    if (refusal !== undefined) {
      this.#refuse([message].flat(), refusal.err)
      if (refusal.over) this.#end.refused(refusal.err.message)
      return
    }
    try {
      for (const one of batchOf(message, this.#opening)) this.#handle(one)
    } catch (err) {
      // Each request in a batch waits for an answer.
      const ids = Array.isArray(message) ? message.map(idOf).filter(id => id !== undefined) : []
      for (const id of ids.length === 0 || ids.length > MAX_IN_FLIGHT ? [undefined] : ids) this.#fail(id, err)
    }
  }

  /** Nothing more is begun, and what only waits is ended. Resolves when all is answered. */
  async end (): Promise<void> {
    for (const end of this.#streams.values()) end()
    if (this.#inFlight.size > 0) await new Promise<void>(resolve => { this.#quiet = resolve })
  }

  /** The client is gone. */
  close (): void {
    for (const asked of this.#inFlight.values()) asked.leave()
    for (const end of this.#streams.values()) end()
    this.#questions.close()
  }

  /** `over`: whoever opened the channel may not speak on it any more. */
  #admit (): { err: IrisError, over: boolean } | undefined {
    const refused = this.#peer.judgeAnew()
    try {
      this.#peer.count()
    } catch (err) {
      return { err: err as IrisError, over: refused !== null }
    }
    return refused === null ? undefined : { err: refused, over: true }
  }

  #handle (message: unknown): void {
    const id = idOf(message)
    try {
      if (!isObject(message) || message.jsonrpc !== '2.0') throw new RpcError(INVALID_REQUEST, 'A message must be an object of JSON-RPC 2.0')
      const { method } = message
      if (method === undefined && ('result' in message || 'error' in message)) return this.#questions.hear(message)
      if (typeof method !== 'string') throw new RpcError(INVALID_REQUEST, 'A request must name its method')
      if (!('id' in message)) return this.#notified(method, message)
      if (id === undefined) throw new RpcError(INVALID_REQUEST, 'The id must be a string or an integer')
      if (this.#inFlight.size >= MAX_IN_FLIGHT) return this.#refuse([message], new RateLimitedError(`${MAX_IN_FLIGHT} requests of this channel are not answered yet`))
      void this.#perform(id, method, message)
    } catch (err) {
      this.#fail(id, err)
    }
  }

  #notified (method: string, { params }: Message): void {
    if (method === 'notifications/cancelled' && isObject(params)) this.#inFlight.get(params.requestId as Id)?.leave()
  }

  async #perform (id: Id, method: string, message: Message): Promise<void> {
    const asked = new Asked(this.#carrier)
    this.#inFlight.set(id, asked)
    try {
      const answer = await (versionOf(message) === undefined && (this.#opening !== undefined || method === 'initialize')
        ? this.#answerOpened(id, method, message, asked)
        : this.#answer(id, method, message, asked))
      if (!asked.left) this.#end.send(answer)
    } catch (err) {
      if (!asked.left) this.#fail(id, err)
    } finally {
      if (this.#inFlight.get(id) === asked) this.#inFlight.delete(id)
      if (this.#inFlight.size === 0) this.#quiet?.()
    }
  }

  /** Revision 2026-07-28: each request says all of itself. */
  async #answer (id: Id, method: string, message: Message, asked: Asked): Promise<string> {
    const { revision, dispatch } = this.#around
    const meta = metaOf(message)
    checkVersion(namedVersion(meta))
    asked.capabilities = meta[CAPABILITIES] as Message
    if (method === 'server/discover') return revision.result(id, revision.discovery)
    if (method === 'subscriptions/listen') return await this.#listen(id, asked)
    asked.notify = this.#notifier(meta, asked)
    const value = await dispatch(method, message.params as Message, asked)
    return revision.result(id, method === 'tools/list' ? revision.fresh(value) : value)
  }

  /** The revisions before it: `initialize` says for all that follow what the client can do. */
  async #answerOpened (id: Id, method: string, { params }: Message, asked: Asked): Promise<string> {
    const result = (value: Result) => value instanceof ToolResult
      ? `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{${value.fields()}}}`
      : JSON.stringify({ jsonrpc: '2.0', id, result: value })
    if (method === 'initialize') {
      this.#opening = openingOf(params)
      const { version, instructions } = this.#around
      return result({ protocolVersion: this.#opening.version, capabilities: { tools: {} }, serverInfo: serverInfo(version), ...(instructions !== undefined && { instructions }) })
    }
    if (method === 'ping') return result({})
    asked.capabilities = this.#opening!.capabilities
    asked.notify = this.#notifier(metaOf({ params }), asked)
    asked.ask = (question, form, { signal, within }) => this.#questions.ask(question, form, { signal: AbortSignal.any([signal, asked.signal]), within })
    return result(await this.#around.dispatch(method, isObject(params) ? params : {}, asked))
  }

  #notifier (meta: Message, asked: Asked): Context['notify'] {
    const progressToken = progressTokenOf(meta)
    if (progressToken === undefined) return undefined
    return note => {
      if (!asked.left && !this.#end.congested()) this.#say({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, ...note } })
    }
  }

  /** Stays open until the client gives it up or the server ends. */
  async #listen (id: Id, asked: Asked): Promise<string> {
    const { acknowledged, unsubscribed } = this.#around.revision
    this.#say(acknowledged(id))
    await new Promise<void>(resolve => {
      this.#streams.set(id, resolve)
      asked.signal.addEventListener('abort', () => { resolve() })
    })
    this.#streams.delete(id)
    return unsubscribed(id)
  }

  #say (message: object): void {
    this.#end.send(JSON.stringify(message))
  }

  /** What is refused before it is begun is said in the house's words, as over HTTP. Who only notifies is not answered. */
  #refuse (messages: readonly unknown[], err: IrisError): void {
    const body = toErrorBody(err, this.#around.clock.now())
    for (const message of messages) {
      if (message instanceof RpcError || (isObject(message) && message.method !== undefined && 'id' in message)) {
        this.#say(failure(idOf(message), { code: body.statusCode === 400 ? INVALID_REQUEST : body.statusCode, message: body.message, data: body }))
      }
    }
  }

  #fail (id: Id | undefined, err: unknown): void {
    if (!(err instanceof RpcError)) this.#peer.fault(err)
    this.#say(failure(id, err instanceof RpcError ? err : { code: INTERNAL_ERROR, message: 'Internal error' }))
  }
}
