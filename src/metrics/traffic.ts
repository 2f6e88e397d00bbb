import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { outcomeOf } from '../audit.ts'
import type { Call, Tool } from '../tool.ts'
import { counter, histogram, reading, type Metric } from './tally.ts'

/** Seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]

/** What comes in and goes out. */
export interface Traffic {
  readonly metrics: Metric[]
  /** The same tools, whose calls are counted. */
  called (tools: readonly Tool[]): Tool[]
  /** The log's `follow`, whose readers are counted as clients of this kind. */
  followed (kind: string, follow: Log['follow']): Log['follow']
  /** Hears of clients of this kind: that one came, that it went, and that it was closed because it did not read. */
  clients (kind: string): { came (): void, left (): void, slow (): void }
  /** Hears of each answer of a route; `counted` where calls of a tool tell already of those that are good. */
  route (method: string, url: string): { counted: boolean, answered (status: number, seconds: number): void }
  /** A connection of any kind, until its end. */
  connected (socket: Connected): void
}

type Connected = Pick<Socket, 'bytesRead' | 'bytesWritten' | 'on'>

/** Where the routes of tools are. */
const API = '/api'

export function countTraffic ({ clock }: { clock: Pick<Clock, 'elapsed'> }): Traffic {
  const answers = counter('iris_http_requests_total', 'HTTP requests answered', 'method', 'route', 'status')
  const took = histogram('iris_http_request_duration_seconds', 'How long HTTP answers took; those of tools are in iris_tool_duration_seconds', BOUNDS, 'method', 'route')
  const calls = counter('iris_tool_calls_total', 'Calls of tools, by the way they came and what they came to: ok, or the error', 'tool', 'via', 'outcome')
  const lasted = histogram('iris_tool_duration_seconds', 'How long calls of tools took, waits for tells included', BOUNDS, 'tool')
  const slow = counter('iris_slow_clients_total', 'Clients closed because they did not read', 'kind')
  const clients = new Map([['websocket', 0], ['sse', 0]])
  const open = new Set<Connected>()
  const closed = { read: 0, written: 0 }
  /** The tools by their routes. */
  const routes = new Map<string, Tool>()

  /** Most requests are calls of tools that go well: they are counted there, once. */
  function requests () {
    const good = [...new Set(routes.values())].map(({ name, http: { method, url } }) => ({ labels: { method, route: API + url, status: '200' }, value: calls.of(name, 'rest', 'ok').value }))
    return [...answers.samples(), ...good.filter(({ value }) => value > 0)]
  }

  function bytes (): [string, number][] {
    let { read, written } = closed
    for (const { bytesRead, bytesWritten } of open) {
      read += bytesRead
      written += bytesWritten
    }
    return [['in', read], ['out', written]]
  }

  function counted (tool: Tool): Tool {
    const { name } = tool
    const time = lasted.of(name)
    /** By the way they came: what went well is not looked up each time. */
    const fine = new Map<string, { value: number }>()
    function okOf (via: string) {
      let count = fine.get(via)
      if (count === undefined) {
        fine.set(via, count = calls.of(name, via, 'ok'))
        calls.of(name, via, 'InternalError') // 0 until then: the first one is a rise, which is what alerts look for
      }
      return count
    }
    return Object.freeze({
      ...tool,
      run (input: unknown, call: Call) {
        const { via = 'local' } = call
        const began = clock.elapsed()
        const answer = tool.run(input, call)
        answer.then(() => {
          okOf(via).value++
          time.observe((clock.elapsed() - began) / 1000)
        }, err => {
          calls.of(name, via, outcomeOf(err)).value++
          time.observe((clock.elapsed() - began) / 1000)
        })
        return answer
      }
    })
  }

  const countClients = (kind: string) => ({
    came () { clients.set(kind, clients.get(kind)! + 1) },
    left () { clients.set(kind, clients.get(kind)! - 1) },
    slow () { slow.of(kind).value++ }
  })

  /** One for all connections: a closure of each would be a part of what an idle one costs. */
  function disconnected (this: Connected) {
    open.delete(this)
    closed.read += this.bytesRead
    closed.written += this.bytesWritten
  }

  for (const kind of clients.keys()) slow.of(kind)

  return {
    metrics: [
      { ...answers, samples: requests }, took, calls, lasted, slow,
      reading('gauge', 'iris_clients', 'Clients that hear events', ['kind'], () => clients),
      reading('gauge', 'iris_connections', 'Open connections, of any kind', [], () => [[open.size]]),
      reading('counter', 'iris_network_bytes_total', 'Bytes over all connections', ['direction'], bytes)
    ],
    called (tools) {
      for (const tool of tools) for (const url of [tool.http.url, ...tool.http.aliases ?? []]) routes.set(`${tool.http.method} ${API}${url}`, tool)
      return tools.map(counted)
    },
    clients: countClients,
    followed (kind, follow) {
      const { came, left, slow } = countClients(kind)
      return reader => {
        let here = true
        came()
        const feed = follow({ ...reader, giveUp () { slow(); reader.giveUp() } })
        const stop = feed.stop.bind(feed)
        feed.stop = () => {
          if (here) left()
          here = false
          stop()
        }
        return feed
      }
    },
    route (method, url) {
      const tool = routes.get(`${method} ${url}`)
      const name = tool === undefined ? url : API + tool.http.url
      const time = tool === undefined ? took.of(method, url) : undefined
      /** Most answers are alike: the count of the last status is not looked up each time. */
      let last: { status: number, count: { value: number } } | undefined
      return {
        counted: tool !== undefined,
        answered (status, seconds) {
          if (last?.status !== status) last = { status, count: answers.of(method, name, String(status)) }
          last.count.value++
          time?.observe(seconds)
        }
      }
    },
    connected (socket) {
      open.add(socket)
      socket.on('close', disconnected)
    }
  }
}
