import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { judge, type Load, type Report } from './load.ts'
import type { Program } from './program.ts'

const LOADER = fileURLToPath(new URL('./call-load.js', import.meta.url))

export interface Calls {
  /** One for each connection, which sends it again and again. */
  readonly requests: ReadonlyArray<{ readonly method: 'GET' | 'POST', readonly path: string, readonly headers: Record<string, string>, readonly body?: string }>
  /** What stands in each answer. */
  readonly expect: string
}

/** What the loader is told. */
export interface Asked extends Calls { readonly url: string, readonly seconds: number }

/** Loads a server from another process, on the core of this one. Rejects where an answer is not 2xx, or is another. */
export async function loadCalls (program: Program, calls: Calls, seconds: number): Promise<Load> {
  const before = program.cpu()
  const done = promisify(execFile)(process.execPath, [LOADER], { timeout: (seconds + 20) * 1_000, maxBuffer: 1e8 })
  done.child.stdin!.end(JSON.stringify({ ...calls, url: program.url, seconds } satisfies Asked))
  const { stdout } = await done
  const report = JSON.parse(stdout) as Report
  if (report.mismatches > 0) throw new Error(`${program.url}${calls.requests[0]!.path}: ${report.mismatches} answers lack ${calls.expect}`)
  return judge(program, calls.requests[0]!.path, report, before)
}
