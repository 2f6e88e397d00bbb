import { IrisError, toErrorBody } from '../../src/errors.ts'
import type { Call, Caller, Progress, Tool } from '../../src/tool.ts'
import { describe } from './describe.ts'
import { progressOf, type Note } from './progress.ts'
import { INTERNAL_ERROR, INVALID_PARAMS, isObject, METHOD_NOT_FOUND, MISSING_CAPABILITY, RpcError, type Message } from './rpc.ts'

/** What a carrier adds to a call. The signal is made when it is read, since most calls never wait: hand it on by a getter, unread. */
export interface Extras {
  readonly signal: AbortSignal
  emit (progress: Progress): void
  /** ms */
  patience?: number
  /** `_meta.idempotencyKey` of the request. */
  readonly idempotencyKey?: unknown
}

/** One request as its carrier, whichever generation of the protocol that speaks, hands it on. */
export interface Context {
  /** Makes the call that a tool runs in. */
  call (extras: Extras): Call
  /** Made when it is first read. */
  readonly signal: AbortSignal
  /** What the client has declared that it can do. */
  readonly capabilities: Message
  /** Tells the client how far it is; absent where the client asked for none. */
  notify?: ((note: Note) => void) | undefined
  /** Records a fault of ours, which the client is told nothing about. */
  failed (err: unknown): void
}

export interface DispatchOptions {
  tools: readonly Tool[]
  /** Unix ms. */
  now (): number
  /** How long clients bear a silent call, ms. A tool that outlasts it answers with how to go on. Default 45,000. */
  patience?: number
  /** Shows an output as content of other kinds than JSON text. */
  content?: (tool: Tool, output: Record<string, unknown>) => object[] | undefined
  /** The client capabilities that a tool cannot do without. */
  needs?: (tool: Tool) => readonly string[]
}

export type Result = Record<string, unknown>
/** Throws RpcError, and nothing else. */
export type Dispatch = (method: string, params: Message, context: Context) => Promise<Result>

const silent = () => {}

class Own implements Extras {
  readonly #context: Context
  readonly emit: Extras['emit']
  readonly patience: number
  readonly idempotencyKey: unknown

  constructor (context: Context, emit: Extras['emit'], patience: number, idempotencyKey?: unknown) {
    this.#context = context
    this.emit = emit
    this.patience = patience
    this.idempotencyKey = idempotencyKey
  }

  get signal (): AbortSignal { return this.#context.signal }
}

const text = (value: unknown) => [{ type: 'text', text: JSON.stringify(value) }]

/** What a caller may call, now or at another time: clients ask once. */
export const offered = (tools: readonly Tool[], { most, ...caller }: Caller) =>
  tools.filter(tool => tool.permits(most === undefined ? caller : { ...caller, permissions: most }))

/** All of MCP that this server offers, whoever carries it. */
export function createDispatch ({ tools, now, patience = 45_000, content, needs }: DispatchOptions): Dispatch {
  const byName = new Map(tools.map(tool => [tool.name, tool]))
  const descriptions = new Map(tools.map(tool => [tool, describe(tool)]))
  const lists = new Map<string, Result>()

  /** What one caller is offered. Computed once for each set of permissions. */
  function list (context: Context): Result {
    const caller = callerOf(context)
    const key = [...caller.most ?? caller.permissions].sort().join()
    let found = lists.get(key)
    if (found === undefined) {
      found = { tools: offered(tools, caller).map(tool => descriptions.get(tool)) }
      lists.set(key, found)
    }
    return found
  }

  function callerOf (context: Context): Caller {
    try {
      return context.call(new Own(context, silent, patience)).caller
    } catch (err) {
      context.failed(err)
      throw new RpcError(INTERNAL_ERROR, 'Internal error')
    }
  }

  async function run (params: Message, context: Context): Promise<Result> {
    const tool = typeof params.name === 'string' ? byName.get(params.name) : undefined
    if (tool === undefined) throw new RpcError(INVALID_PARAMS, `Unknown tool: ${String(params.name)}`)
    const missing = needs?.(tool).filter(name => !isObject(context.capabilities[name])) ?? []
    if (missing.length > 0) {
      const data = { requiredCapabilities: Object.fromEntries(missing.map(name => [name, {}])) }
      throw new RpcError(MISSING_CAPABILITY, `The client lacks: ${missing.join(', ')}`, { status: 400, data })
    }
    const progress = context.notify === undefined ? undefined : progressOf(context.notify)
    try {
      const call = context.call(new Own(context, progress?.emit ?? silent, patience, isObject(params._meta) ? params._meta.idempotencyKey : undefined))
      const output = await tool.run(params.arguments, call)
      return { content: content?.(tool, output) ?? text(output), structuredContent: output }
    } catch (err) {
      if (!(err instanceof IrisError) && !context.signal.aborted) context.failed(err)
      const body = toErrorBody(err, now())
      return { content: text(body), structuredContent: body, isError: true }
    } finally {
      progress?.end()
    }
  }

  return async (method, params, context) => {
    switch (method) {
      case 'tools/call': return run(params, context)
      case 'tools/list': return list(context)
      default: throw new RpcError(METHOD_NOT_FOUND, 'Method not found', { status: 404 })
    }
  }
}
