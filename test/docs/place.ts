import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { parse, stringify } from 'yaml'
import { loadConfig } from '../../src/config.ts'
import { readServerFile } from '../../src/server-file.ts'
import { root } from '../fixtures/root.ts'
import { scratch } from '../fixtures/wired.ts'

/** A folder with nothing in it, on a machine where Iris, its clients and `ws` are installed and any port is free. */
export interface Place {
  readonly cwd: string
  readonly env: Record<string, string>
  /** Writes what is to be run where no page sees it. */
  keep (name: string, text: string): string
  /** Puts the configuration there that comes with Iris. */
  begin (): void
  /** Puts a piece of configuration into config.yaml. Throws where the result would not load. */
  configure (yaml: string): void
  /** A page speaks of port 1615; the server took another. */
  there (text: string): string
  here (text: string): string
}

/** `client`: where the one for JavaScript lies, as it is published. */
export function makePlace (t: Test, client: string): Place {
  const base = scratch(t)
  const [cwd, bin, home, kept, modules] = ['iris', '.bin', 'home', '.kept', 'node_modules'].map(name => {
    mkdirSync(join(base, name))
    return join(base, name)
  }) as [string, string, string, string, string]

  const program = join(bin, 'iris')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist/bin/iris.js')}' "$@"\n`)
  chmodSync(program, 0o755)
  symlinkSync(process.execPath, join(bin, 'node'))
  symlinkSync(join(root, 'node_modules/ws'), join(modules, 'ws'))
  symlinkSync(client, join(modules, 'iris-client'))
  // A call that is refused is a snippet that fails.
  writeFileSync(join(home, '.curlrc'), 'fail-with-body\n')

  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: home, LANG: 'C.UTF-8', IRIS_HTTP_PORT: '0', PYTHONPATH: join(root, 'clients/python'), PYTHONDONTWRITEBYTECODE: '1' }
  const file = join(cwd, 'config.yaml')
  const usual = 'http://127.0.0.1:1615'
  const url = () => readServerFile(join(cwd, '.iris'))?.url ?? usual
  return {
    cwd,
    env,
    keep (name, text) {
      writeFileSync(join(kept, name), text)
      return join(kept, name)
    },
    begin () { writeFileSync(file, readFileSync(join(root, 'config.yaml'))) },
    configure (yaml) {
      const before: unknown = existsSync(file) ? parse(readFileSync(file, 'utf8')) : {}
      const tried = join(cwd, 'tried.yaml')
      writeFileSync(tried, stringify(merge(before, parse(yaml))))
      loadConfig({ file: tried, cwd, env: {} })
      writeFileSync(file, readFileSync(tried))
    },
    there: text => text.replaceAll(/(?:127\.0\.0\.1|localhost):1615/g, new URL(url()).host),
    here: text => text.replaceAll(new URL(url()).host, '127.0.0.1:1615')
  }
}

/** What is a list or a single value is replaced. */
function merge (before: unknown, more: unknown): unknown {
  if (!isRecord(before) || !isRecord(more)) return more
  return { ...before, ...Object.fromEntries(Object.entries(more).map(([name, value]) => [name, merge(before[name], value)])) }
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
