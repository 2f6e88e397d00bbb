import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { IrisError, toErrorBody } from '../../src/errors.ts'
import type { Call, Caller } from '../../src/tool.ts'
import type { Extras } from './context.ts'
import { createDispatch, offered, type Dispatch, type DispatchOptions } from './dispatch.ts'
import { RpcError } from './rpc.ts'
import type { createServers } from './server.ts'

interface AgentToolsOptions extends DispatchOptions {
  version: string
  instructions?: string
  /** Makes the call that a message runs in. */
  call (caller: Caller, extras: Extras): Call
  /** Counts one more request of this caller. Throws RateLimitedError. */
  count (caller: Caller): void
  /** Records a fault of ours, which the agent is told nothing about. */
  failed (err: unknown): void
}

/** MCP at the other end of an agent's own pipe. It is begun by `initialize` like the sessions over HTTP, and there is one server for each pipe. */
export function createAgentTools ({ version, instructions, call, count, failed, now, ...options }: AgentToolsOptions) {
  let made: Dispatch | undefined
  const dispatch: Dispatch = (...asked) => (made ??= createDispatch({ ...options, now }))(...asked)
  /** The SDK takes long to load: not before an agent is started. */
  let loading: Promise<{ createServers: typeof createServers }> | undefined

  const counted = (caller: () => Caller): Dispatch => async (method, params, context) => {
    if (method !== 'tools/call') return dispatch(method, params, context)
    try {
      count(caller())
    } catch (err) {
      if (!(err instanceof IrisError)) failed(err)
      const body = toErrorBody(err, now())
      throw new RpcError(body.statusCode, body.message, { data: body })
    }
    return dispatch(method, params, context)
  }

  return {
    /** The names of what a caller is offered. */
    names: (caller: Caller) => offered(options.tools, caller).map(({ name }) => name),
    /** `caller` is asked at each call: what an agent may do follows from what it works on. `patience`: what it bears, where that is less than most do, ms. */
    open (caller: () => Caller, send: (message: object) => void, patience = Infinity) {
      const transport: Pipe = {
        async start () {},
        async send (message) { send(message) },
        async close () { transport.onclose?.() }
      }
      let closed = false
      const ready = (loading ??= import('./server.ts')).then(async ({ createServers }) => {
        const context = () => ({ call: (extras: Extras) => call(caller(), bounded(extras, patience)), failed })
        const server = createServers({ version, dispatch: counted(caller), context, ...(instructions !== undefined && { instructions }) })()
        await server.connect(transport as Parameters<typeof server.connect>[0])
      })
      ready.catch(failed)
      return {
        receive (message: unknown) {
          void ready.then(() => { if (!closed) transport.onmessage?.(message as JSONRPCMessage) }).catch(() => {})
        },
        close () {
          closed = true
          void ready.then(() => transport.close()).catch(() => {})
        }
      }
    }
  }
}

interface Pipe {
  start (): Promise<void>
  send (message: object): Promise<void>
  close (): Promise<void>
  onclose?: () => void
  onmessage?: (message: JSONRPCMessage) => void
}

const bounded = (extras: Extras, most: number): Extras => ({
  get signal () { return extras.signal },
  emit: extras.emit,
  patience: Math.min(extras.patience ?? most, most),
  idempotencyKey: extras.idempotencyKey
})
