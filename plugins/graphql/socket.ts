import type { ExecutionArgs } from 'graphql'
import { makeServer, type Server } from 'graphql-ws'
import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { ForbiddenError, RateLimitedError } from '../../src/errors.ts'
import type { Caller, Tool } from '../../src/tool.ts'
import { askedBy, type Asked, type MakeCall } from './asked.ts'
import type { Engine, Operation } from './engine.ts'
import { asGraphQLError } from './errors.ts'
import { Inbox } from './inbox.ts'
import { Stream, type Follow, type Interest } from './stream.ts'

export interface Surroundings {
  readonly eventStream: Tool
  readonly clock: { after (ms: number, fn: () => void): () => void }
  readonly call: MakeCall
  begin (after: number, rooms: readonly string[]): { verdict: 'ok' | 'gap', from: number, head: number }
  interests (caller: Caller, rooms: readonly string[] | undefined): Interest[]
  follow: Follow
}

export interface Connection { close (code: number, reason: string): void }

interface Peer {
  enter (params: Readonly<Record<string, unknown>> | undefined): boolean
  admit (id: string, operation: Operation): Promise<ExecutionArgs>
}
/** What graphql-ws carries from the admission of an operation to its execution. */
interface Admitted { operation: Operation, asked: Asked, release (): void }
export type SocketServer = Server<Peer>

/** ms */
const INIT_WITHIN = 5_000
/** Operations of one socket that have not ended, streams among them. */
const MAX_OPEN = 100
/** Bytes that may be unread when a client asks for more. */
const MAX_UNREAD = 16 * 1024 * 1024

/** The protocol graphql-transport-ws: queries, mutations and subscriptions through a socket. */
export function createSocketServer (engine: Engine): SocketServer {
  const admitted = ({ contextValue }: ExecutionArgs) => contextValue as Admitted
  return makeServer<Record<string, unknown>, Peer>({
    connectionInitWaitTimeout: INIT_WITHIN,
    onConnect: ({ extra, connectionParams }) => extra.enter(connectionParams),
    async onSubscribe ({ extra }, id, { query, variables, operationName }) {
      try {
        return await extra.admit(id, { query, ...(variables != null && { variables }), ...(operationName != null && { operationName }) })
      } catch (err) {
        return [asGraphQLError(err)]
      }
    },
    async execute (args) {
      const { operation, asked, release } = admitted(args)
      try {
        return (await engine.execute(operation, asked)).answer as object
      } finally {
        release()
      }
    },
    async subscribe (args) {
      const { operation, asked, release } = admitted(args)
      try {
        return await engine.subscribe(args.document, operation, asked)
      } finally {
        release()
      }
    },
    // Of queries they are formatted already.
    onNext: (_context, _id, _payload, _args, { data, errors }) => ({ ...(data !== undefined && { data }), ...(errors !== undefined && { errors: errors.map(one => one instanceof Error ? engine.format(one) : one) }) }) as never,
    onError: (_context, _id, _payload, errors) => errors.map(one => engine.format(one))
  })
}

/** One socket, from the upgrade to its end. */
export function connect (socket: WebSocket, request: FastifyRequest, server: SocketServer, engine: Engine, { eventStream, clock, call, begin, interests, follow }: Surroundings): Connection {
  const streams = new Map<Stream, readonly string[] | undefined>()
  let running = 0
  let inbox: Inbox | undefined
  // Who has not said yet who it is has little time to.
  const end = request.server.pulse(socket, clock, () => request.caller === null || judge() === null)

  const closed = server.opened({
    protocol: socket.protocol,
    send: text => new Promise<void>((resolve, reject) => { socket.send(text, err => { if (err == null) resolve(); else reject(err) }) }),
    close,
    onMessage (hear) {
      const taken = inbox = new Inbox({
        async hear (text) {
          if (socket.readyState === socket.OPEN) await hear(text)
        },
        refuse: close
      })
      socket.on('message', (data: Buffer, isBinary) => {
        if (socket.readyState !== socket.OPEN) return
        if (isBinary) return close(1003, 'Messages are JSON text')
        if (socket.bufferedAmount > MAX_UNREAD) return close(1013, 'The answers before are not read')
        taken.take(data.toString()).catch(failed)
      })
    }
  }, { enter, admit })
  socket.on('close', (code, reason) => {
    inbox?.end()
    for (const stream of streams.keys()) void stream.return()
    closed(code, reason.toString()).catch(failed)
  })

  function failed (err: unknown) {
    if (socket.readyState !== socket.OPEN) return // what could not be sent any more
    request.fault(err)
    close(1011, 'A fault of the server')
  }

  function close (code = 1000, reason = '') {
    if (socket.readyState !== socket.OPEN) return
    for (const stream of streams.keys()) void stream.return()
    end(code, reason)
  }

  /** A key in the header is judged before the upgrade; else it comes with connection_init, as the header would. */
  function enter (params: Readonly<Record<string, unknown>> = {}): boolean {
    if (request.token === null) {
      const value = Object.entries(params).find(([name]) => /^(authorization|token)$/i.test(name))?.[1]
      if (typeof value === 'string') request.identify(/^(?:Bearer +)?(\S+) *$/i.exec(value)?.[1] ?? '')
    }
    if (request.caller !== null) return true
    close(4401, request.authError?.message ?? 'A key is needed: {"Authorization":"Bearer <key>"} in connection_init')
    return false
  }

  /** Why it may not go on: its key may have been revoked, or have lost what a stream lives on. */
  function judge (): Error | null {
    const refused = request.judgeAnew()
    if (refused !== null) {
      close(4401, refused.message)
      return refused
    }
    for (const [stream, rooms] of streams) {
      try {
        stream.hear(interests(request.caller!, rooms))
      } catch (err) {
        if (!(err instanceof ForbiddenError)) continue // of what is no more, nothing comes
        close(4403, err.message)
        return err
      }
    }
    return null
  }

  /** Counts the operation, and what it is to be executed with. Throws RateLimitedError, ValidationError, GraphQLError. */
  async function admit (id: string, operation: Operation): Promise<ExecutionArgs> {
    const refused = judge()
    if (refused !== null) throw refused
    request.count()
    const document = engine.read(operation)
    if (running + streams.size >= MAX_OPEN) throw new RateLimitedError(`${MAX_OPEN} operations of this socket have not ended yet`)
    running++
    const asked = askedBy(request, call, inbox!.goneOf(id))
    const context: Admitted = { operation, asked: { run: asked.run, stream }, release () { running-- } }
    return { schema: engine.schema, document, contextValue: context, ...(operation.operationName !== undefined && { operationName: operation.operationName }) }

    async function stream (input: Record<string, unknown>): Promise<Stream> {
      let wanted: Interest[] = []
      const subscriber = {
        begin (after: number | undefined, rooms: readonly string[] | undefined) {
          wanted = interests(request.caller!, rooms)
          const start = begin(after ?? Number.MAX_SAFE_INTEGER, wanted.map(({ room }) => room))
          return after === undefined ? { verdict: 'ok' as const, from: start.head, head: start.head } : start
        }
      }
      const resumed = await eventStream.run(input, Object.assign(asked.callWith(undefined), { subscriber })) as { from: number }
      const made = new Stream(follow, {
        resumed,
        interests: wanted,
        tooSlow: seq => { close(1013, JSON.stringify({ seq })) },
        ended: one => { streams.delete(one) }
      })
      streams.set(made, input.rooms as readonly string[] | undefined)
      if (socket.readyState !== socket.OPEN) void made.return()
      return made
    }
  }

  return { close }
}
