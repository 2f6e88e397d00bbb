import { randomUUID } from 'node:crypto'
import { IrisError } from '../../src/errors.ts'
import type { Caller, Progress, Tool } from '../../src/tool.ts'
import { Own, type Context, type Result } from './context.ts'
import { showsForms, type Form, type Questions } from './questions.ts'
import { INVALID_PARAMS, isObject, RpcError, type Message } from './rpc.ts'
import type { Seal } from './seal.ts'

/** How one call puts the questions that it hears of to the person at its client. */
export interface Asking {
  hear (progress: Progress): void
  /** The call is over: what is asked from now on is not for its client. */
  end? (): void
  /** What the call is known by, so that the client's next one goes on with the same work. */
  readonly idempotencyKey?: unknown
  /** The result that asks, in the place of the call's own; never, where the client is asked while the call runs. */
  readonly result?: Promise<Result>
}

/** What a client carries from the result that asked it to its next call. */
interface State {
  caller: string
  tool: string
  key?: unknown
  asked: string[]
  /** What the person did not want to say: not asked again. */
  dismissed: string[]
  /** Unix ms. */
  until: number
}

/** How long a client may take to come back, ms: as long as the work it goes on with is found by its idempotency key. */
const COMES_BACK = 24 * 3_600_000
/** The longest timer, ms. */
const LONGEST = 2 ** 31 - 1

/** `callerOf` a request; `now` in Unix ms. Throws RpcError where a client comes back with what was not sealed for it. */
export function createAsking ({ questions, seal, now, callerOf }: {
  questions: Questions
  seal: Seal
  now (): number
  callerOf (context: Context): Caller
}) {
  /** What the tool refuses is no answer: the question stays open, or somebody else has decided it. */
  async function answer (input: Record<string, unknown>, context: Context, late: boolean): Promise<void> {
    try {
      await questions.tool.run(input, context.call(new Own(context, { late })))
    } catch (err) {
      if (!(err instanceof IrisError)) context.failed(err)
    }
  }

  /** The client is asked while its call runs, and need not have answered when that ends. */
  function meanwhile (ask: NonNullable<Context['ask']>, context: Context): Asking {
    const open = new Map<string, AbortController>()
    let ended = false

    async function put (id: string, form: Form, expiresAt: number | undefined): Promise<void> {
      const withdrawn = new AbortController()
      open.set(id, withdrawn)
      const within = Math.min(LONGEST, expiresAt === undefined ? LONGEST : Math.max(1, expiresAt - now()))
      // A client that refuses, goes away or takes too long has not answered.
      const reply = await ask(id, form, { signal: withdrawn.signal, within }).catch(() => undefined)
      if (!open.delete(id)) return
      const input = questions.inputOf(id, reply)
      if (isObject(input)) await answer(input, context, true)
    }

    return {
      end () { ended = true },
      hear (progress) {
        const said = questions.read(progress)
        if (said === undefined) return
        if ('decided' in said) {
          const withdrawn = open.get(said.decided)
          if (open.delete(said.decided)) withdrawn!.abort('It is decided')
        } else if (!ended) void put(said.asked.id, said.asked.form, said.asked.expiresAt)
      }
    }
  }

  function stateOf (sealed: unknown, tool: Tool, caller: Caller): State | undefined {
    if (sealed === undefined) return undefined
    const state = seal.open(sealed) as State | undefined
    if (state?.caller !== caller.name || state.tool !== tool.name || state.until <= now()) throw new RpcError(INVALID_PARAMS, 'requestState is not one that was given for this call, or is too old')
    return state
  }

  /** The result asks, and the client calls again with what it was told. */
  async function inRounds (tool: Tool, params: Message, context: Context, caller: Caller, able: boolean): Promise<Asking> {
    const before = stateOf(params.requestState, tool, caller)
    const dismissed = new Set(before?.dismissed)
    const replies = isObject(params.inputResponses) ? params.inputResponses : {}
    for (const id of before?.asked ?? []) {
      const input = questions.inputOf(id, Object.hasOwn(replies, id) ? replies[id] : undefined)
      if (input === null) dismissed.add(id)
      else if (input !== undefined) await answer(input, context, false)
    }

    const own = isObject(params._meta) ? params._meta.idempotencyKey : undefined
    const key = before?.key ?? own ?? (tool.resumes === true && able ? randomUUID() : undefined)
    const open = new Map<string, Form>()
    let ask!: (result: Result) => void
    const result = new Promise<Result>(resolve => { ask = resolve })

    function tell () {
      if (open.size === 0) return
      const state: State = { caller: caller.name, tool: tool.name, key, asked: [...open.keys()], dismissed: [...dismissed], until: now() + COMES_BACK }
      const inputRequests = Object.fromEntries([...open].map(([id, params]) => [id, { method: 'elicitation/create', params }]))
      ask({ resultType: 'input_required', inputRequests, requestState: seal.close(state) })
    }

    return {
      idempotencyKey: key,
      result,
      hear (progress) {
        const said = able ? questions.read(progress) : undefined
        if (said === undefined) return
        if ('decided' in said) open.delete(said.decided)
        else if (!dismissed.has(said.asked.id)) {
          open.set(said.asked.id, said.asked.form)
          setImmediate(tell) // so that those that wait already are asked at once
        }
      }
    }
  }

  /** Undefined where the client cannot ask anybody, or its key may not decide. */
  return (tool: Tool, params: Message, context: Context): Asking | Promise<Asking> | undefined => {
    const { ask } = context
    const comesBack = ask === undefined && params.requestState !== undefined
    if (!comesBack && !showsForms(context.capabilities)) return undefined
    const caller = callerOf(context)
    const able = showsForms(context.capabilities) && questions.tool.permits(caller)
    if (ask === undefined) return comesBack || able ? inRounds(tool, params, context, caller, able) : undefined
    return able ? meanwhile(ask, context) : undefined
  }
}
