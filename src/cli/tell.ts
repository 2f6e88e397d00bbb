import { TERMINAL, type Tell } from '../../schemas/tell.ts'
import { uuid7 } from '../uuid7.ts'
import { createAnswerPrinter } from './answer-printer.ts'
import { discover, findServer, Refused, request, Unreachable, type Target } from './client.ts'
import { streamTell } from './tell-stream.ts'
import { CliError, printJson, type ClientFlags, type World } from './world.ts'

/** One long poll, ms: below what proxies bear. */
const POLL = 20_000
/** Between two attempts to reach a server that does not answer, ms, and how many there are. */
const RETRY = 1_000
const RETRIES = 30

/** `iris tell`: prints the answer as it comes. The first Ctrl-C cancels the tell, the second one leaves. */
export async function tell (world: World, flags: ClientFlags & { from?: string, timeout?: number }, toTeam: string, words: string): Promise<number> {
  const message = words === '-' ? await readAll(world.stdin) : words
  if (message.trim() === '') throw new CliError('The message is empty', { code: 2 })
  const target = await findServer(world, flags)
  // Our own id, so that the answer can be found whatever happens to the connection.
  const tellId = uuid7(world.clock.now())
  const printer = createAnswerPrinter(text => { if (!flags.json) world.stdout.write(text) })
  const stream = streamTell(target, { tellId, toTeam, message, ...(flags.from !== undefined && { fromTeam: flags.from }) }, printer.chunk)

  const leave = new AbortController()
  const enough = () => { leave.abort(new CliError(`No answer yet. The tell goes on: GET ${target.url}/api/tells/${tellId} finds its answer`)) }
  const cancelTimer = flags.timeout ? world.clock.after(flags.timeout, enough) : undefined
  let interrupted = false
  const deaf = world.on('SIGINT', () => {
    if (interrupted) return leave.abort(new CliError('Left; the tell may still run'))
    interrupted = true
    if (!stream.cancel()) request(target, 'POST', `/tells/${tellId}/cancel`).catch(() => { /* how the tell ends says it */ })
  })
  try {
    const left = aborted(leave.signal)
    const end = await Promise.race([stream.end, left])
    const result = await outcome(world, flags, { target, tellId, dropped: end === 'dropped', left, signal: leave.signal })
    return report(world, flags, result, printer.done)
  } finally {
    deaf()
    cancelTimer?.()
    stream.close()
    printer.stop()
  }
}

/** The tell once it has ended. A connection that broke is made up for by asking again and again, where its server is by now. */
async function outcome (world: World, flags: ClientFlags, { target: first, tellId, dropped, left, signal }: { target: Target, tellId: string, dropped: boolean, left: Promise<never>, signal: AbortSignal }): Promise<Tell> {
  let target = first
  for (let failed = 0; ;) {
    try {
      const found = await request<Tell>(target, 'GET', `/tells/${tellId}?wait=${POLL}`, undefined, signal)
      if (TERMINAL.has(found.state)) return found
      failed = 0
    } catch (err) {
      signal.throwIfAborted()
      if (err instanceof Refused && err.status === 404 && dropped) throw new CliError(`${target.url} took no tell: the connection broke first`, { cause: err })
      const gone = err instanceof Unreachable
      const passing = gone || (err instanceof Refused && (err.status === 429 || err.status === 503))
      if (!passing) throw err
      if (failed++ >= RETRIES) throw gone ? new CliError(`${err.message}. Once it does, GET ${target.url}/api/tells/${tellId} finds the answer`, { cause: err }) : err
      await Promise.race([new Promise<void>(resolve => { world.clock.after(RETRY, resolve) }), left])
      if (gone) target = await discover(world, flags) ?? target
    }
  }
}

function report (world: World, flags: ClientFlags, found: Tell, done: (response: string) => void): number {
  if (flags.json) printJson(world, found)
  else if (found.state === 'completed' || found.response !== '') done(found.response)
  if (found.state === 'completed') return 0
  world.stderr.write(`iris: ${found.error?.message ?? `the tell ended as ${found.state}`}\n`)
  return 1
}

function aborted (signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => { reject(signal.reason as Error) }
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}

async function readAll (stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(Buffer.from(part as Buffer))
  return Buffer.concat(parts).toString().trimEnd()
}
