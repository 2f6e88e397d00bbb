/**
 * To be imported before all else by a test that runs the real Claude Code: it runs the test again, in an environment
 * that holds no secret and, where the system allows it, in a network namespace without any way out but loopback.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

const MARK = 'TEST_IS_ISOLATED'
/** What the test itself may know of the world outside. */
const KEPT = /^(PATH|LANG|TERM|NODE_OPTIONS|CI|CLAUDE_BIN|REQUIRE_REAL_AGENTS|_?TAP.*)$/
/** As root; as a user, where user namespaces are allowed. */
const WAYS = [['-n'], ['-rn']]

if (process.env[MARK] === undefined) {
  const way = WAYS.find(flags => spawnSync('unshare', [...flags, 'ip', 'link', 'set', 'lo', 'up']).status === 0)
  const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name))
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const [program, ...args] = way === undefined
    ? again
    : ['unshare', ...way, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...again]
  const { status } = spawnSync(program!, args, {
    stdio: 'inherit',
    env: { ...Object.fromEntries(kept), [MARK]: way === undefined ? 'environment' : 'network' }
  })
  process.exit(status ?? 1)
}

/** `network`: nothing but loopback can be reached. `environment`: only the settings below keep the program silent. */
export const isolation = process.env[MARK]

/** The whole environment for a Claude Code that talks to nobody but the stub on `port` and keeps its things in `scratch`. */
export function claudeEnvironment (scratch: string, port: number): Record<string, string> {
  const home = join(scratch, 'home')
  mkdirSync(home, { recursive: true })
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: home,
    CLAUDE_CONFIG_DIR: join(home, '.claude'),
    TMPDIR: home,
    LANG: 'C.UTF-8',
    TERM: 'xterm',
    ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
    ANTHROPIC_API_KEY: 'sk-test-dummy',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: '2',
    DISABLE_TELEMETRY: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_ERROR_REPORTING: '1'
  }
}
