import { randomUUID } from 'node:crypto'
import type { PlaceStatus } from '../../../schemas/place.ts'
import type { Clock } from '../../clock.ts'
import { AgentError } from '../../errors.ts'
import type { Access, Exit, Launch, Launched, Program, Start } from '../agent.ts'
import { ending, GRACE, greeting, loader, script } from './script.ts'

/** How long after a failure the next attempt may come, ms: twice as long with each further one, within these bounds. */
const SHORTEST = 1_000
const LONGEST = 60_000
/** How much of what a login shell prints is kept for the reason of a failure, in bytes. */
const NOISE = 2_048

/** Why a place is not to be had. `unreachable`: another attempt may help; for the others somebody must put it right. */
export interface Verdict { reason: 'unreachable' | 'host_key' | 'auth' | 'forward' | 'config' | 'refused', message: string }

/** A way to be given a POSIX shell elsewhere. */
export interface Shell {
  /** The host, the image. */
  readonly where: string
  /** The program that runs `command` by a shell there, and carries its stdio. Rejects with AgentError. */
  program (command: string, session: string, cwd: string, forward: Forward | undefined): Promise<Program>
  /** What its words mean when it ended before there was a shell. */
  judge (words: string): Verdict
  /** Where an agent there calls back, and what must be forwarded for that; absent where the address holds there too. */
  forward? (access: Access): Forward
  /** Ends what a broken connection may have left. Never rejects. */
  clean? (session: string): Promise<void>
}

/** `spec` is what ssh calls it: port of the place, then where that leads. */
export interface Forward { spec: string, access: Access }

/** One start at a place. */
export interface Way {
  readonly launch: Launch
  readonly access: Access | undefined
  /** What a failed start is to be told as. */
  explain (err: unknown, givenUp: boolean): unknown
}

/** Where the agents of a team run when that is not simply here. */
export interface Place {
  /** Throws AgentError while the next attempt has to wait: its `details.retryAfter`, in s. */
  open (start: Pick<Start, 'sessionId' | 'access'>): Way
  status (): PlaceStatus
}

export function createPlace (shell: Shell, { clock, random = Math.random }: { clock: Clock, random?: () => number }): Place {
  const { where } = shell
  let status: PlaceStatus = { where, state: 'offline', since: clock.now(), reason: 'not tried yet' }
  let failures = 0
  /** By `clock.elapsed`. */
  let retryAt = -Infinity
  let last: Verdict | undefined

  function enter (state: PlaceStatus['state'], reason: string) {
    status = { where, state, reason, since: state === status.state ? status.since : clock.now() }
  }

  function reached () {
    failures = 0
    retryAt = -Infinity
    enter('online', 'connected')
  }

  /** Attempts at the same time that fail together are one failure. */
  function failed (verdict: Verdict) {
    last = verdict
    enter(verdict.reason === 'unreachable' ? 'offline' : 'error', verdict.message)
    if (clock.elapsed() < retryAt) return
    const longest = Math.min(LONGEST, SHORTEST * 2 ** ++failures)
    retryAt = clock.elapsed() + Math.max(SHORTEST, longest * (0.5 + random() / 2))
  }

  function refusal ({ reason, message }: Verdict, cause?: unknown) {
    const seconds = Math.max(1, Math.ceil((retryAt - clock.elapsed()) / 1000))
    return new AgentError(`${message}. The next attempt can be made in ${seconds} s`, { details: { reason, where, retryAfter: seconds }, cause })
  }

  function wait () {
    if (clock.elapsed() < retryAt) throw refusal(last!)
  }

  return {
    status: () => status,
    open ({ sessionId, access }) {
      wait()
      const forward = access && shell.forward?.(access)
      let there = false
      let verdict: Verdict | undefined

      /** Some kinds of agent run a program for each turn. */
      async function launch (program: Program): Promise<Launched> {
        wait()
        const nonce = randomUUID()
        const welcome = greeting(nonce)
        let heard = Buffer.alloc(0)
        let up = false

        function hear (chunk: Buffer) {
          if (up) return chunk
          heard = Buffer.concat([heard, chunk])
          const at = heard.indexOf(welcome)
          if (at < 0) {
            heard = heard.subarray(-NOISE)
            return undefined
          }
          up = there = true
          reached()
          return heard.subarray(at + welcome.length)
        }

        async function end (exit: Exit): Promise<Exit> {
          await shell.clean?.(sessionId)
          const [line, code] = ending(nonce).exec(exit.stderr) ?? []
          if (line !== undefined) return { ...exit, code: Number(code), signal: null, stderr: exit.stderr.replace(line, '') }
          if (exit.expected) return exit
          if (up) {
            const how = lastLine(exit.stderr) ?? (exit.signal === null ? 'it was closed' : `its program was ended by ${exit.signal}`)
            const disconnected = `the connection to ${where} broke: ${how}`
            enter('offline', disconnected)
            return { ...exit, disconnected }
          }
          verdict = shell.judge(`${heard.toString()}\n${exit.stderr}`)
          failed(verdict)
          return exit
        }

        return {
          ...await shell.program(loader(nonce), sessionId, program.cwd, forward),
          lead: script(program, { nonce, session: sessionId }),
          grace: GRACE,
          hear,
          end
        }
      }

      return {
        launch,
        access: forward?.access ?? access,
        explain (err, givenUp) {
          if (verdict !== undefined) return refusal(verdict, err)
          if (!there && !givenUp) enter('error', (err as Error).message)
          return err
        }
      }
    }
  }
}

export const lastLine = (text: string) => text.split('\n').map(line => line.trim()).findLast(line => line !== '')
