import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

const MAIN = join(import.meta.dirname, '../../bin/iris.js')

interface Options { cwd: string, env?: Record<string, string> }

/** Starts `iris` as its users do, with an environment of its own. */
export function start (t: Test, args: readonly string[], { cwd, env = {} }: Options): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { PATH: process.env.PATH ?? '', ...env } })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return child
}

/** Runs `iris` to its end. */
export async function iris (t: Test, args: readonly string[], { input = '', ...options }: Options & { input?: string }): Promise<{ code: number | null, stdout: string, stderr: string }> {
  const child = start(t, args, options)
  child.stdin!.end(input)
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit') as Promise<[number | null]>])
  return { code, stdout, stderr }
}

/** Resolves to what a stream has said so far, once `wanted` is in it. */
export async function saying (stream: NodeJS.ReadableStream, wanted: RegExp): Promise<string> {
  let said = ''
  return await new Promise((resolve, reject) => {
    stream.on('data', (part: Buffer) => {
      said += part.toString()
      if (wanted.test(said)) resolve(said)
    })
    stream.on('end', () => { reject(new Error(`ended without ${wanted}: ${said}`)) })
  })
}
