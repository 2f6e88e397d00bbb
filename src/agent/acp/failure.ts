import { AgentError, type IrisError } from '../../errors.ts'
import type { Initialized } from './frame.ts'
import type { Preset } from './preset.ts'

/** What JSON-RPC says of a failure. `data` is anything. */
interface Failure { code?: number, message?: string, data?: unknown }

/** It wants to be logged in to first; some say it as HTTP does. */
const AUTH: ReadonlySet<unknown> = new Set([-32000, 401, 403])
const NOT_FOUND = -32002
/** Says nothing beside what comes with it. */
const INTERNAL = 'Internal error'
const UNKNOWN_SESSION = /not found|no previous sessions|no rollout|unknown session|no such session|does not exist|invalid session identifier/i

export const wantsLogin = (err: unknown) => AUTH.has((err as Failure | null)?.code)

/** In words. What an agent puts into `data` is not shown whole: it may be anything. */
export function reasonOf (err: unknown): string {
  const { message = '', data } = (err ?? {}) as Failure
  const { details, message: more } = (typeof data === 'object' && data !== null ? data : { details: data }) as { details?: unknown, message?: unknown }
  const extra = [details, more].find(text => typeof text === 'string' && text !== '' && text !== message) as string | undefined
  return [message, extra].flatMap(text => !text || (text === INTERNAL && extra !== undefined) ? [] : [unwrapped(text)]).join(': ') || 'it does not say why'
}

/** Some give the answer of their model service as it came. */
export function unwrapped (text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: { message?: unknown }, message?: unknown }
    const inner = error?.message ?? message
    return typeof inner === 'string' ? inner : text
  } catch {
    return text
  }
}

/** Fields of an error's `details`. */
export function detailsOf (err: unknown): Record<string, unknown> {
  const { code } = (err ?? {}) as Failure
  return { ...(typeof code === 'number' && { code }), ...(wantsLogin(err) && { reason: 'auth_required' }) }
}

/** That it does not work without a login, and what to do. */
export function loginNeeded (err: unknown, { login }: Preset, { authMethods = [] }: Initialized = {}): IrisError {
  const offers = authMethods.map(({ id, name = id }) => name).join(', ')
  return new AgentError(`The agent is not logged in to its model service (${reasonOf(err)}). ${login}${offers && `. It knows these ways: ${offers}`}`, {
    details: detailsOf(err), cause: err
  })
}

/** A session could not be opened again. One that the agent knows nothing of is told apart. */
export function notOpened (err: unknown, what: string): IrisError {
  const unknown = (err as Failure).code === NOT_FOUND || UNKNOWN_SESSION.test(reasonOf(err))
  return new AgentError(`The agent could not ${what}: ${reasonOf(err)}`, {
    details: { ...detailsOf(err), ...(unknown && { conversation: 'unknown' }) }, cause: err
  })
}
