import { randomBytes } from 'node:crypto'
import { IrisError, toErrorBody } from '../../src/errors.ts'
import { nearest } from '../../src/nearest.ts'
import type { Caller, Progress, Tool } from '../../src/tool.ts'
import { createAsking, type Asking } from './asking.ts'
import { Own, type Context, type Result } from './context.ts'
import { describe } from './describe.ts'
import { progressOf } from './progress.ts'
import { createQuestions } from './questions.ts'
import { ToolResult } from './result.ts'
import { INTERNAL_ERROR, INVALID_PARAMS, isObject, METHOD_NOT_FOUND, MISSING_CAPABILITY, RpcError, type Message } from './rpc.ts'
import { createSeal } from './seal.ts'

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
  /** Makes what writes values of a schema as JSON. Default: what writes any value. */
  serializer?: (schema: object) => (value: object) => string
  /** Signs what clients carry from one call to the next. Default: one of this process. */
  secret?: Buffer
}

/** Throws RpcError, at once or later, and nothing else. */
export type Dispatch = (method: string, params: Message, context: Context) => Promise<Result>

/** What a caller may call, now or at another time: clients ask once. */
export const offered = (tools: readonly Tool[], { most, ...caller }: Caller) =>
  tools.filter(tool => tool.permits(most === undefined ? caller : { ...caller, permissions: most }))

/** All of MCP that this server offers, whoever carries it. */
export function createDispatch ({ tools, now, patience = 45_000, content, needs, serializer, secret = randomBytes(32) }: DispatchOptions): Dispatch {
  const questions = createQuestions(tools)
  const ask = questions && createAsking({ questions, seal: createSeal(secret), now, callerOf })
  const byName = new Map(tools.map(tool => [tool.name, { tool, write: serializer?.(tool.output) ?? JSON.stringify as (value: object) => string }]))
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
      return context.call(new Own(context)).caller
    } catch (err) {
      context.failed(err)
      throw new RpcError(INTERNAL_ERROR, 'Internal error')
    }
  }

  /** Not async, as nobody waits for more than the tool in most calls. */
  function run (params: Message, context: Context): Promise<Result> {
    const known = typeof params.name === 'string' ? byName.get(params.name) : undefined
    if (known === undefined) throw new RpcError(INVALID_PARAMS, unknownTool(params.name, [...byName.keys()]))
    const { tool } = known
    const missing = needs?.(tool).filter(name => !isObject(context.capabilities[name])) ?? []
    if (missing.length > 0) {
      const data = { requiredCapabilities: Object.fromEntries(missing.map(name => [name, {}])) }
      throw new RpcError(MISSING_CAPABILITY, `The client lacks: ${missing.join(', ')}`, { status: 400, data })
    }
    const asking = ask?.(tool, params, context)
    return asking === undefined ? perform(known, params, context) : runAsking(known, params, context, asking)
  }

  async function runAsking (known: Known, params: Message, context: Context, begun: Asking | Promise<Asking>): Promise<Result> {
    const asking = await begun
    if (asking.result === undefined) return await perform(known, params, context, asking)
    const left = new AbortController()
    const done = perform(known, params, context, asking, left.signal)
    const result = await Promise.race([done, asking.result])
    left.abort() // the wait, as if its client had hung up: the work goes on
    return result
  }

  async function perform ({ tool, write }: Known, params: Message, context: Context, asking?: Asking, left?: AbortSignal): Promise<Result> {
    const progress = context.notify === undefined ? undefined : progressOf(context.notify)
    const emit = asking === undefined
      ? progress?.emit
      : (what: Progress) => {
          if (left?.aborted === true) return
          progress?.emit(what)
          asking.hear(what)
        }
    const idempotencyKey = asking?.idempotencyKey ?? (isObject(params._meta) ? params._meta.idempotencyKey : undefined)
    const own = new Own(context, { emit, patience, idempotencyKey, left })
    try {
      const call = context.call(own)
      const output = await tool.run(params.arguments, call)
      return new ToolResult(output, write(output), content && { content: content(tool, output) })
    } catch (err) {
      if (!(err instanceof IrisError) && !own.signal.aborted) context.failed(err)
      const body = toErrorBody(err, now())
      return new ToolResult(body, JSON.stringify(body), { isError: true })
    } finally {
      progress?.end()
      asking?.end?.()
    }
  }

  return (method, params, context) => {
    switch (method) {
      case 'tools/call': return run(params, context)
      case 'tools/list': return Promise.resolve(list(context))
      default: throw new RpcError(METHOD_NOT_FOUND, 'Method not found', { status: 404 })
    }
  }
}

interface Known { readonly tool: Tool, write (output: object): string }

function unknownTool (name: unknown, known: readonly string[]): string {
  if (typeof name !== 'string') return 'A call needs the name of a tool, a string'
  const given = name.slice(0, 100)
  const near = nearest(given, known)
  return `Unknown tool: ${given}${near === undefined ? '' : `; did you mean ${near}?`}`
}
