import type { Trouble } from './agent.ts'
import { LOG_IN, PAY } from './claude-login.ts'
import type { Frame } from './frame.ts'

const NO_LOGIN = /please run \/login|not logged in|invalid api key|oauth token (has )?(expired|been revoked|revoked)/i
const NO_CREDIT = /credit balance is too low/i

/** What the program says of a failure on the way to its result: the kind, and the account's limit. */
export interface Hints {
  /** `error` of the assistant frame that it made up. */
  error?: string
  /** Of the last rate_limit_event of a refusal, Unix ms. */
  resetsAt?: number
}

/** Whether a failed turn's result is of a login, a bill, or a limit of the model service. */
export function troubleOf ({ api_error_status: status, result = '' }: Pick<Frame, 'api_error_status' | 'result'>, { error, resetsAt }: Hints): Trouble | undefined {
  if (error === 'billing_error' || NO_CREDIT.test(result)) return { reason: 'auth_required', fix: PAY }
  if (error === 'authentication_failed' || status === 401 || NO_LOGIN.test(result)) return { reason: 'auth_required', fix: LOG_IN }
  if (error === 'rate_limit' || status === 429) return { reason: 'rate_limited', ...(resetsAt !== undefined && { until: resetsAt }) }
}

/** When the account's limit ends, Unix ms, where a frame says that requests are refused until then. */
export function refusedUntil ({ rate_limit_info: info }: Frame): number | undefined {
  return info?.status === 'rejected' && typeof info.resetsAt === 'number' && Number.isFinite(info.resetsAt) ? info.resetsAt * 1000 : undefined
}
