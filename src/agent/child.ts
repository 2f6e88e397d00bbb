import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { access } from 'node:fs/promises'
import { basename } from 'node:path'
import { AgentError } from '../errors.ts'
import type { AgentOptions, Exit, Launch, Program } from './agent.ts'
import { birthOf } from './birth.ts'
import { whyNoProgram } from './program.ts'
import { marks, sweepChild } from './sweep.ts'

/** How long a child that is asked to stop may take after the end of its stdin, then after SIGTERM, in ms. */
const AFTER_END = 1000
const AFTER_TERM = 2000
/** How long to wait for the end of stdout after the child's own end, in ms: a grandchild may hold the pipe open. */
const DRAIN = 200
/** How much of stderr is kept, in bytes. */
const TAIL = 4096

export interface ChildOptions extends Program, Pick<AgentOptions, 'clock' | 'owner' | 'run' | 'ledger'> {
  launch?: Launch | undefined
  /** Whose it is; undefined for one that ends with what it was asked, and need not be on record. */
  sessionId: string | undefined
  /** It is of no use once it says or hears nothing more: then it is ended, should it live on. */
  converses?: boolean
  stdout (chunk: Buffer): void
  /** Called once, after the last `stdout`, when the child and all that it left behind are gone. */
  exit (exit: Exit): void
}

export interface Child {
  readonly pid: number
  /** Write to stdin. What a dead child no longer reads is dropped: `exit` tells of it. */
  write (text: string): void
  /** Write the last of it to stdin, and close that. */
  end (text: string): void
  /** End it: close stdin, then SIGTERM, then SIGKILL to its process group. The same promise for every call. */
  stop (): Promise<Exit>
  /** End it without asking. */
  kill (): Promise<Exit>
}

/** Start a program without a shell, in a process group of its own. Rejects with AgentError, at once, where that is impossible. */
export async function spawnChild (options: ChildOptions): Promise<Child> {
  const { owner, run, ledger, sessionId, clock } = options
  const launched = await options.launch?.(options)
  const { command, args, cwd, env } = launched ?? options
  const mark = randomUUID()
  // A missing directory looks to spawn like a missing program.
  await access(cwd).catch(cause => { throw failedStart(`its directory ${cwd} cannot be entered`, cause) })
  const child = attempt(() => spawn(command, args, {
    cwd, env: { ...env, ...marks(mark, owner, run) }, detached: true, stdio: 'pipe', windowsHide: true
  }))
  const spawned = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.on('error', cause => {
      const there = (cause as NodeJS.ErrnoException).code === 'ENOENT' && whyNoProgram(command, { cwd, env }) === undefined
      reject(failedStart(`'${command}' cannot be run (${there ? NO_INTERPRETER : reason(cause)})`, cause))
    })
  })
  // Where no more files can be opened it has no pipes either, whatever its type says.
  if ((child.stdin as unknown) === undefined) await spawned
  const { stdin, stdout, stderr } = child
  const closed = new Promise<void>(resolve => { child.once('close', () => { resolve() }) })
  let tail = Buffer.alloc(0)
  let expected = false
  let over = false
  let stopping: Promise<Exit> | undefined

  // A pipe to a dead child fails with EPIPE or ECONNRESET; `exit` says all there is to say about that.
  for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {})
  stdout.on('data', (chunk: Buffer) => {
    const heard = launched === undefined ? chunk : launched.hear(chunk)
    if (heard !== undefined) options.stdout(heard)
  })
  if (options.converses) {
    stdout.once('end', () => { void forsake('its stdout') })
    stdin.once('error', () => { void forsake('its stdin') })
  }
  stderr.on('data', (chunk: Buffer) => { tail = Buffer.concat([tail, chunk]).subarray(-TAIL) })

  const exited = new Promise<Exit>(resolve => {
    child.once('exit', async (code, signal) => {
      over = true
      signalGroup('SIGKILL')
      await sweepChild(mark).catch(() => [])
      ledger?.remove(mark)
      await within(DRAIN, closed)
      // A timer may fire before the bytes that are already there are read; this comes after.
      await new Promise<void>(resolve => { setImmediate(resolve) })
      for (const stream of [stdin, stdout, stderr]) stream.destroy()
      const end = { code, signal, stderr: wholeText(tail), expected }
      const exit = await launched?.end(end) ?? end
      try { options.exit(exit) } finally { resolve(exit) }
    })
  })
  await spawned
  await enter().catch(async cause => {
    signalGroup('SIGKILL')
    await exited
    throw failedStart(`it could not be put on record (${reason(cause)})`, cause)
  })

  /** One that is dead already needs no record. */
  async function enter () {
    if (ledger === undefined || sessionId === undefined) return
    const birth = await birthOf(child.pid!)
    if (birth !== undefined && !over) ledger.add({ nonce: mark, pid: child.pid!, birth, command: basename(command), sessionId, at: clock.now() })
  }

  if (launched !== undefined) stdin.write(launched.lead)

  /** Whether `promise` settles within `ms`. */
  function within (ms: number, promise: Promise<unknown>) {
    return new Promise<boolean>(resolve => {
      const cancel = clock.after(ms, () => { resolve(false) })
      void promise.then(() => { cancel(); resolve(true) })
    })
  }

  function signalGroup (signal: NodeJS.Signals) {
    try { process.kill(-child.pid!, signal) } catch { /* The group is empty. */ }
  }

  /** Most that close a stream are about to end. */
  async function forsake (closed: string) {
    if (expected || await within(AFTER_END, exited) || over || expected) return
    tail = Buffer.from(`${wholeText(tail)}\nIt closed ${closed} and lived on, so it was ended`.trimStart()).subarray(-TAIL)
    stopping ??= stop()
  }

  async function stop () {
    stdin.end()
    if (await within(AFTER_END + (launched?.grace ?? 0), exited)) return exited
    if (!over) signalGroup('SIGTERM')
    if (await within(AFTER_TERM, exited)) return exited
    if (!over) signalGroup('SIGKILL')
    return exited
  }

  return {
    pid: child.pid!,
    write (text) {
      if (stdin.writable) stdin.write(text)
    },
    end (text) { stdin.end(text) },
    stop () {
      expected = true
      stopping ??= stop()
      return stopping
    },
    kill () {
      expected = true
      if (!over) signalGroup('SIGKILL')
      return exited
    }
  }
}

/** `spawn` throws for what it can see at once, e.g. a NUL character in an argument. */
function attempt<T> (start: () => T): T {
  try { return start() } catch (cause) { throw failedStart(reason(cause), cause) }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it was not found; `iris doctor` says more',
  EACCES: 'it is not an executable file',
  E2BIG: 'its arguments are too long',
  EMFILE: 'EMFILE: the server has as many files open as it may; raise its limit, e.g. by ulimit -n',
  ENFILE: 'ENFILE: the machine has as many files open as it can',
  EAGAIN: 'EAGAIN: no more processes may be started; raise the limit, e.g. by ulimit -u',
  ENOMEM: 'ENOMEM: the machine has no memory left'
}

const NO_INTERPRETER = 'the interpreter that its first line names was not found; lines that end as on Windows name another one'

/** What the system says against it, in words where it has none. */
export const reason = (cause: unknown) => {
  const { code, message } = cause as NodeJS.ErrnoException
  return REASONS[code ?? ''] ?? message
}

export const failedStart = (why: string, cause: unknown) => new AgentError(`The agent could not be started: ${why}`,
  { details: { exitCode: null, signal: null, stderr: why }, cause })

/** The text of a tail that may begin in the middle of a character. */
function wholeText (tail: Buffer) {
  let from = 0
  while (from < 3 && ((tail[from] ?? 0) & 0xC0) === 0x80) from++
  return tail.subarray(from).toString()
}
