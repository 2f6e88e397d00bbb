import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onServerCore, type Cores } from './cores.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/echo-program.js', import.meta.url))

/** The echo agent with nothing between it and us but its pipes. */
export interface Pipe {
  /** Resolves to its answer when the turn has ended. */
  tell (message: string): Promise<string>
  end (): Promise<void>
}

/** ms that a turn may take before the agent is ended */
const DEADLINE = 15_000

interface Frame { type?: string, result?: string }

/** It keeps its conversation in `home`, as it does for Iris. Rejects where it ends before it is ready. */
export async function openPipe (cores: Cores, home: string): Promise<Pipe> {
  const [command, ...args] = onServerCore(cores, [process.execPath, PROGRAM, '--session-id', randomUUID()])
  const child = spawn(command, args, { env: { PATH: process.env.PATH, ECHO_HOME: home }, stdio: ['pipe', 'pipe', 'inherit'] })
  const kill = () => { child.kill('SIGKILL') }
  process.on('exit', kill)
  const exited = once(child, 'exit')
  let waiting: { type: string, resolve (frame: Frame): void, reject (err: Error): void } | undefined
  void exited.then(() => { waiting?.reject(new Error('The echo agent has ended')) })
  child.stdin.on('error', () => {})

  createInterface({ input: child.stdout }).on('line', line => {
    const frame = JSON.parse(line) as Frame
    if (frame.type === waiting?.type) waiting!.resolve(frame)
  })

  /** Writes a frame; resolves with the first one of that type that comes back, rejects where the agent ends before. */
  async function exchange (frame: object, type: string) {
    const late = setTimeout(kill, DEADLINE)
    try {
      return await new Promise<Frame>((resolve, reject) => {
        waiting = { type, resolve, reject }
        child.stdin.write(`${JSON.stringify(frame)}\n`)
      })
    } finally {
      clearTimeout(late)
    }
  }
  await exchange({ type: 'control_request', request_id: randomUUID(), request: { subtype: 'initialize' } }, 'control_response')

  return {
    async tell (message) {
      const { result } = await exchange({ type: 'user', uuid: randomUUID(), message: { role: 'user', content: message }, parent_tool_use_id: null }, 'result')
      return result!
    },
    async end () {
      child.stdin.end()
      await exited
      process.off('exit', kill)
    }
  }
}
