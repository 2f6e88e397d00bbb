import { Type, type Static, type TObject, type TProperties } from '@sinclair/typebox'
import type { EventOf, EventName } from '../schemas/event.ts'
import type { Permission } from '../schemas/key.ts'
import type { Worktrees } from './agent/worktree.ts'
import { ForbiddenError, IrisError } from './errors.ts'
import type { Approvals } from './approvals.ts'
import { outcomeOf, targets, type Audit, type Deed } from './audit.ts'
import type { Config } from '../schemas/config.ts'
import type { Cache } from './cache.ts'
import type { Clock } from './clock.ts'
import type { Attempt, Idempotency } from './idempotency.ts'
import type { Keys } from './keys.ts'
import type { Log } from './log.ts'
import type { Pool } from './pool.ts'
import type { Sessions } from './sessions.ts'
import type { Teams } from './teams.ts'
import type { Tells } from './tells.ts'
import { lintSchemas } from './tool-lint.ts'
import { checker, outputChecker } from './validate.ts'
import type { Webhooks } from './webhooks.ts'

/** Who calls: what its key says, never what it claims. */
export interface Caller {
  /** The key's name: for limits and records. */
  readonly name: string
  /** The team name it speaks as when it does not say. */
  readonly self: string
  readonly permissions: ReadonlySet<Permission>
  /** The teams it may reach; null is all. */
  readonly teams: ReadonlySet<string> | null
  /** The names it may speak as; null is any. */
  readonly as: ReadonlySet<string> | null
  /** The session whose agent calls, where Iris started the caller: then it is known in which turn it speaks. */
  readonly session?: string
  /** What it may be permitted at another time, where that changes: what it might call is listed by this. */
  readonly most?: ReadonlySet<Permission>
  /** Requests per window, where its key has a limit of its own. */
  readonly rateLimit?: number
  /** When its key ends, Unix ms, where it does. */
  readonly expiresAt?: number
}

/** What tools work with. */
export interface Services {
  readonly version: string
  /** Unix ms */
  readonly startedAt: number
  readonly clock: Clock
  /** The configuration in force now; a reload replaces it whole. */
  config (): Config
  readonly teams: Teams
  readonly sessions: Sessions
  readonly pool: Pool
  readonly tells: Tells
  readonly approvals: Approvals
  readonly cache: Cache
  readonly log: Log
  readonly idempotency: Idempotency
  readonly audit: Audit
  readonly worktrees: Pick<Worktrees, 'find'>
  readonly webhooks: Webhooks
  readonly keys: Pick<Keys, 'create' | 'list' | 'revoke' | 'rotate'>
}

/** What happens while a call runs, told to its caller alone. */
export type Progress = EventOf<Extract<EventName, `tell:${string}` | `approval:${string}`>> & { seq?: number }

/** One call of one tool. */
export interface Call extends Services {
  readonly caller: Caller
  /** Where from, for the audit trail: the transport and the remote address. */
  readonly via?: string
  readonly address?: string
  /** Of the request, where it came by one: they may say which trace it is part of. */
  readonly headers?: Readonly<Record<string, unknown>>
  /** Aborted when the caller hangs up. That ends the wait, never the work. */
  readonly signal: AbortSignal
  /** How long this transport's clients bear a silent call, ms. A wait is cut to it and answered with how to go on. */
  readonly patience?: number
  /** As its transport found it: with it a tool that changes something does so once, however often it is called. */
  readonly idempotencyKey?: unknown
  /** There for a handler that `resumes`, when the call came with an idempotency key. */
  readonly attempt?: Attempt
  /** Hear what happens meanwhile. */
  emit (progress: Progress): void
  /** Count this call against the caller's limit of that name; throws RateLimitedError. */
  charge (bucket: 'tell'): void | Promise<void>
}

/** MCP tool annotations, beyond readOnly, which follows from GET. */
export interface Hints { destructive?: boolean, idempotent?: boolean }

/** That a tool decides what an event asks, in terms that any transport with a person behind it can put to that person. */
export interface Answers {
  /** The event that asks, and the one that says it is decided. */
  asked: 'approval:requested'
  decided: 'approval:resolved'
  /** Which question: a field of both events and of the input. */
  id: 'approvalId'
  /** The fields of the input that the person fills in: texts and choices. */
  form: readonly string[]
  /** The rest of the input where the person declines. */
  declined: Readonly<Record<string, unknown>>
  /** What the person is to read. */
  words (data: EventOf<'approval:requested'>['data']): string
}

interface Spec {
  /** `noun_verb`; also the operationId, the WebSocket event and the file. */
  name: string
  title: string
  description: string
  /** What the key needs; of several, any one. */
  permission: Permission | readonly Permission[]
  hints?: Hints
  /** Aliases are further paths for the same operation. */
  http: { method: 'GET' | 'POST' | 'DELETE', url: string, aliases?: readonly string[] }
  /** A second name on the WebSocket. `events`: answered by the events it causes, in the place of a result. */
  socket?: { event: string, answer: 'result' | 'events' }
  /**
   * What it makes outlasts the call and has an id: who comes again with the same idempotency key runs the handler too, which
   * finds it by `attempt.workId` and sets `attempt.stage`. Without, all of one key share one run, which nobody can cancel.
   */
  resumes?: boolean
  answers?: Answers
  /** The statuses it refuses with for reasons of its own: what its caller has to reckon with, beside what any call may meet. */
  refusals?: readonly number[]
  /** The limit it counts against, beside that of all requests. */
  charge?: 'tell'
  /** An optional field of its answer that is shown once: it is kept nowhere, so a later call of the same idempotency key is answered without it. */
  shownOnce?: string
}

export interface Tool extends Readonly<Spec> {
  readonly input: TObject
  readonly output: TObject
  /** Whether each call touches one team, which the key must reach. */
  readonly scoped: boolean
  /** Whether this caller has the permission at all; which teams it reaches is judged by the call. */
  permits (caller: Caller): boolean
  /** permit → validate → reach → charge → handle; with an idempotency key, the last three once. Resolves to a value of `output`. */
  run (input: unknown, call: Call): Promise<Record<string, unknown>>
}

/** The entry of a call in the audit trail, for a handler whose work ends in a transaction: it is written with that, in the place of after it. */
export interface Entry {
  /** Within that transaction: what the call comes to, `ok` or the name of its error, and the names and ids of what it touched. */
  write (outcome: string, told: object): void
  /** That transaction is stored. */
  kept (): void
}

interface Definition<I extends TObject, O extends TProperties> extends Spec {
  input: I
  output: O
  /** The team this call touches, which the key must reach; null where the handler shows each caller only its own. */
  team: ((input: Static<I>, call: Call) => string) | null
  handler (input: Static<I>, call: Call, entry?: Entry): Promise<Static<TObject<O>>> | Static<TObject<O>>
}

export function defineTool<const I extends TObject, const O extends TProperties> (
  { handler, team, output: fields, ...spec }: Definition<I, O>
): Tool {
  // A field with a default is always there for the handler, yet never required of the caller.
  const required = (spec.input.required ?? []).filter(key => !('default' in spec.input.properties[key]!))
  const input: TObject = { ...spec.input, required }
  const timestamp = Type.Integer({ description: 'When it was answered, Unix ms' })
  const output: TObject = Type.Object({ ...fields, timestamp } as TProperties, { additionalProperties: false })
  lintSchemas(spec.name, input, output)

  const needed = [spec.permission].flat() as readonly Permission[]
  const check = checker<Static<I>>(spec.name, input)
  const checkOutput = outputChecker(spec.name, output)
  const permits = (caller: Caller) => needed.some(one => holds(caller, one))

  // What has no route changes nothing but the socket that it comes by.
  const changes = spec.http.method !== 'GET' && spec.http.url !== ''

  function finish (answer: Record<string, unknown>, call: Call) {
    answer.timestamp = call.clock.now()
    checkOutput(answer)
    return answer
  }

  /** Who answers at once is not waited for. */
  function perform (args: Static<I>, call: Call, entry?: Entry) {
    const answer = handler(args, call, entry)
    return answer instanceof Promise ? answer.then(later => finish(later, call)) : finish(answer, call)
  }

  const once = (args: Static<I>, call: Call, touch: (name: string) => void, entry?: Entry) => call.idempotency.once({
    key: call.idempotencyKey,
    caller: call.caller.name,
    tool: spec.name,
    input: args,
    resumes: spec.resumes === true,
    team: () => team === null ? null : team(args, call),
    reach (name) {
      touch(name)
      reach(call.caller, name)
    },
    charge: async () => { if (spec.charge !== undefined) await call.charge(spec.charge) },
    kept: answer => spec.shownOnce === undefined ? answer : Object.fromEntries(Object.entries(answer).filter(([field]) => field !== spec.shownOnce)),
    perform: async attempt => perform(args, Object.create(call, spec.resumes === true ? { attempt: { value: attempt } } : { signal: { value: new AbortController().signal } }) as Call, entry)
  })

  const deed = (call: Call, from: Origin, outcome: string, team: string | undefined, given: unknown, told: unknown): Deed =>
    ({ ...from, caller: call.caller.name, tool: spec.name, outcome, ...targets(given, told), ...(team !== undefined && { team }) })

  return Object.freeze({
    ...spec,
    input,
    output,
    scoped: team !== null,
    permits,
    async run (raw: unknown, call: Call) {
      // Read now: who has hung up in the end has no address any more.
      const began = changes ? origin(call) : undefined
      let touched: string | undefined
      /** The outcome that its entry says, and whether that is kept. */
      let written: string | undefined
      let kept = false
      const entry = began && {
        write (outcome: string, told: object) { call.audit.add(deed(call, began, written = outcome, touched, raw, told)) },
        kept () { kept = true }
      }
      const record = async (from: Origin, outcome: string, told: unknown) => {
        if (!kept || written !== outcome) await call.audit.record(deed(call, from, outcome, touched, raw, told))
      }
      try {
        if (!permits(call.caller)) throw new ForbiddenError(`This key lacks the permission '${needed.join("' or '")}'`)
        const args = check(raw)
        let answer: Record<string, unknown>
        if (changes && call.idempotencyKey !== undefined) answer = await once(args, call, name => { touched = name }, entry)
        else {
          if (team !== null) reach(call.caller, touched = team(args, call))
          if (spec.charge !== undefined) await call.charge(spec.charge)
          const performed = perform(args, call, entry)
          answer = performed instanceof Promise ? await performed : performed
        }
        if (began !== undefined) await record(began, 'ok', answer)
        return answer
      } catch (err) {
        const from = began ?? (err instanceof ForbiddenError ? origin(call) : undefined)
        if (from !== undefined) await record(from, outcomeOf(err), err instanceof IrisError ? err.details : undefined)
        throw err
      }
    }
  })
}

interface Origin { at: number, via: string, address: string | null }

function origin ({ clock, via = 'local', address = null }: Partial<Pick<Call, 'via'>> & { clock: Clock, address?: string | null }): Origin {
  return { at: clock.now(), via, address }
}

/** Whether the caller's key has this permission. */
export const holds = ({ permissions }: Pick<Caller, 'permissions'>, permission: Permission) => permissions.has('admin') || permissions.has(permission)

/** Throws ForbiddenError unless the caller's key reaches this team. */
export function reach ({ teams }: Caller, team: string): void {
  if (teams !== null && !teams.has(team)) throw new ForbiddenError(`This key does not reach the team '${team}'`)
}

/** The name a call speaks as: what it claims, where its key allows that, else its own. Throws ForbiddenError. */
export function speaker ({ as, self }: Caller, fromTeam: string | undefined): string {
  if (fromTeam === undefined || fromTeam === self) return self
  if (as !== null && !as.has(fromTeam)) throw new ForbiddenError(`This key may not speak as '${fromTeam}'`)
  return fromTeam
}
