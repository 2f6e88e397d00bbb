import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'

interface Done { readonly code: number, readonly printed: string }

/** A terminal: one shell that remembers what was set in it. */
export interface Shell {
  /** Runs a command line to its end. Resolves, too, when it ended the shell. */
  run (line: string): Promise<Done>
  /** Starts one that does not end, in a process group of its own. Resolves once it has printed a line. */
  leave (line: string): Promise<Left>
  /** Ends all of it. */
  close (): Promise<void>
}

export interface Left {
  /** What it has said so far. */
  printed (): string
  /** The same of its stderr. */
  complained (): string
  /** Resolves once `fits` does; rejects where it ends before. */
  until (fits: () => boolean): Promise<void>
}

/** What the test's own programs carry along makes each of these slower. */
const OWN = 'unset NODE_OPTIONS'

export function openShell (cwd: string, env: Record<string, string>): Shell {
  const shell = spawn('sh', [], { cwd, env, stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  endWithThis(shell)
  const gone = once(shell, 'exit') as Promise<[number | null]>
  shell.stdin.write(`${OWN}\n`)
  const closers = [async () => {
    shell.stdin.end()
    await gone
    end(shell)
  }]
  let count = 0
  let printed = ''
  let look = () => {}
  shell.stdout.setEncoding('utf8').on('data', (part: string) => {
    printed += part
    look()
  })

  return {
    async run (line) {
      const mark = `==${process.pid}-${++count}==`
      printed = ''
      const ended = new Promise<Done>(resolve => {
        look = () => {
          const [, before, code] = new RegExp(`^([\\s\\S]*)${mark}(\\d+)\n`).exec(printed) ?? []
          if (code !== undefined) resolve({ code: Number(code), printed: before! })
        }
      })
      // The shell's own stdin is where its commands come from.
      shell.stdin.write(`{ ${line}\n} </dev/null 2>&1\nprintf '${mark}%s\\n' $?\n`)
      return await Promise.race([ended, gone.then(([code]) => ({ code: code ?? 1, printed: `${printed}(and ends the shell)` }))])
    },
    async leave (line) {
      const child = spawn('sh', ['-c', `${OWN}; exec ${line}`], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
      endWithThis(child)
      const exited = once(child, 'exit')
      closers.unshift(async () => {
        end(child)
        await exited
      })
      const said = { stdout: '', stderr: '' }
      const news = new EventEmitter()
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8').on('data', (part: string) => {
          said[name] += part
          news.emit('news')
        })
      }
      const left: Left = {
        printed: () => said.stdout,
        complained: () => said.stderr,
        async until (fits) {
          while (!fits()) await Promise.race([once(news, 'news'), exited.then(() => { throw new Error(`'${line}' ended. It said: ${said.stdout}${said.stderr}`) })])
        }
      }
      await left.until(() => said.stdout.includes('\n'))
      return left
    },
    async close () { for (const close of closers) await close() }
  }
}

/** Ends what is left of its process group. */
function end ({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGTERM')
  } catch {
    // Nothing is left of it.
  }
}

/** A test that runs out of time ends without putting anything in order. */
function endWithThis (child: ChildProcess): void {
  const kill = () => { end(child) }
  process.once('exit', kill)
  child.once('exit', () => { process.off('exit', kill) })
}
