import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root = new URL('../../../../', import.meta.url)

export interface RealServer { url: string, key: string, flaky: string, close (): Promise<void> }

/** A server of its own, with the echo agent. */
export async function realServer (): Promise<RealServer> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('clients/test/server.js', root))], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let line = ''
  for await (const part of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    line += part as string
    if (line.endsWith('\n')) break
  }
  return {
    ...JSON.parse(line) as Omit<RealServer, 'close'>,
    async close () {
      child.stdin.end()
      await ended
    }
  }
}
