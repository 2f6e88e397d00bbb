import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { runMark } from './sweep.ts'

/**
 * For any sh, and for the greps of GNU and busybox, which both know -z; $1 is the mark. It reads until its input ends,
 * which the system sees to however the server dies. `done` is the word of a server that has left nothing behind. A
 * process that is being born has its parent's environment for a moment, and one that is being killed may give birth: so
 * it looks again until it finds none three times in a row.
 */
const SCRIPT = `
read -r word && [ "$word" = done ] && exit 0
round=0
quiet=0
while [ "$round" -lt 100 ] && [ "$quiet" -lt 3 ]; do
  round=$((round + 1))
  quiet=$((quiet + 1))
  for file in $(grep -lszxF -- "$1" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    kill -9 "\${pid%/environ}" && quiet=0
  done
  sleep 0.1 || sleep 1
done`

export interface Watchdog {
  readonly pid: number | undefined
  /** Nothing is left to end. Resolves when it is gone. */
  dismiss (): Promise<void>
}

/**
 * A small process that outlives this one, however that dies, and ends all that this run of the server started and that
 * still lives, in whatever process group it is. On Linux alone: elsewhere the environment of other processes is not to
 * be read. Where there is no sh the next start of the server finds them.
 */
export function startWatchdog (run: string): Watchdog {
  if (process.platform !== 'linux') return { pid: undefined, async dismiss () {} }
  // A session of its own: no signal of a terminal reaches it. An environment without marks: no sweep finds it.
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'iris-watchdog', runMark(run)], {
    cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }
  })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  const gone = child.pid === undefined ? Promise.resolve() : once(child, 'exit')
  child.unref()
  return {
    pid: child.pid,
    async dismiss () {
      child.ref()
      child.stdin.end('done\n')
      await gone
    }
  }
}
