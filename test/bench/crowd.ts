import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CLIENTS = fileURLToPath(new URL('./crowd-clients.js', import.meta.url))
/** ms that the clients may take to come, and to do what they are told */
const DEADLINE = 120_000

/** What so many clients heard in `ms`. */
export interface Count {
  readonly ms: number
  /** of all clients together */
  readonly events: number
  /** Events that did not follow the one before. */
  readonly holes: number
  /** The share of a core that the clients had: near 1 they are the limit. */
  readonly share: number
}

/** Many WebSockets in a process of their own. */
export interface Crowd {
  /** Each sends this; resolves when each was answered, so often. */
  say (frame: string, answers?: number): Promise<void>
  begin (): Promise<void>
  /** What was heard since; resolves when all have heard what the foremost had heard by then. */
  end (): Promise<Count>
  leave (): Promise<void>
}

/** Resolves when all of them are connected. */
export async function gather (address: string, { key, count }: { key: string, count: number }): Promise<Crowd> {
  const child = spawn(process.execPath, [CLIENTS, address, key, String(count)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const kill = () => { child.kill('SIGKILL') }
  process.on('exit', kill)
  const exited = once(child, 'exit')
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function hear (): Promise<object> {
    const late = setTimeout(kill, DEADLINE)
    const { value, done } = await lines.next()
    clearTimeout(late)
    if (done === true) throw new Error(`The clients of ${address} have ended`)
    return JSON.parse(value) as object
  }
  function ask (request: object) {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    return hear()
  }
  async function leave () {
    kill()
    await exited
    process.off('exit', kill)
  }

  try {
    const { open } = await hear() as { open: number }
    if (open !== count) throw new Error(`Of ${count} clients ${open} came`)
  } catch (err) {
    await leave()
    throw err
  }
  return {
    async say (frame, answers = 1) { await ask({ say: frame, answers }) },
    async begin () { await ask({ begin: true }) },
    end: () => ask({ end: true }) as Promise<Count>,
    leave
  }
}
