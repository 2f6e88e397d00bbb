import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onServerCore, type Cores } from './cores.ts'

/** A client of an MCP server that is a program, at the other end of its stdin and stdout. */
export interface StdioClient {
  /** Resolves to the whole answer of a request. */
  request (message: { id: string | number }): Promise<Answer>
  notify (message: object): void
  end (): Promise<void>
}

export interface Answer { id?: string | number, result?: Record<string, unknown>, error?: object }

/** ms that a server may take for one answer, and to end */
const DEADLINE = 20_000

/** Runs it on the core for servers, in `directory`. A request that gets no answer in time is rejected, and the server killed. */
export function openStdio (cores: Cores, words: readonly string[], directory: string): StdioClient {
  const [command, ...args] = onServerCore(cores, [process.execPath, ...words])
  const child = spawn(command, args, { cwd: directory, env: { PATH: process.env.PATH, HOME: directory, NODE_ENV: 'production' }, stdio: ['pipe', 'pipe', 'ignore'] })
  const waiting = new Map<string | number, { resolve (answer: Answer): void, reject (err: Error): void }>()
  const kill = () => { child.kill('SIGKILL') }
  process.on('exit', kill)
  const exited = once(child, 'exit')
  void exited.then(() => { for (const { reject } of waiting.values()) reject(new Error(`${words.join(' ')} has ended`)) })
  child.stdin.on('error', () => {})
  const late = setTimeout(kill, DEADLINE)
  const say = (message: object) => { child.stdin.write(`${JSON.stringify(message)}\n`) }

  createInterface({ input: child.stdout }).on('line', line => {
    const answer = JSON.parse(line) as Answer
    const asked = waiting.get(answer.id!)
    waiting.delete(answer.id!)
    late.refresh()
    asked?.resolve(answer)
  })

  return {
    request: message => new Promise((resolve, reject) => {
      waiting.set(message.id, { resolve, reject })
      say(message)
    }),
    notify: say,
    async end () {
      late.refresh()
      child.stdin.end()
      await exited
      clearTimeout(late)
      process.off('exit', kill)
    }
  }
}
