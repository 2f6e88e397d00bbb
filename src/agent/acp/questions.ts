import { isDeepStrictEqual } from 'node:util'
import type { RequestPermissionResponse } from '@agentclientprotocol/sdk'
import type { AgentEvent, Decision } from '../agent.ts'
import { inputOf, toolOf } from './calls.ts'
import type { Question } from './frame.ts'
import type { Preset } from './preset.ts'
import type { Reader } from './reader.ts'

export interface Questions {
  /** Resolves with what the agent is to be told. */
  ask (question: Question, requestId: string, signal: AbortSignal): Promise<RequestPermissionResponse>
  answer (requestId: string, decision: Decision): void
  /** All that are open are over with their turn, and so are those that still come of it. */
  cancel (): void
  /** Another turn begins. */
  reset (): void
  /** What the agent was denied last in this turn, and why. */
  readonly denied: { tool: string, message: string } | undefined
}

const CANCELLED: RequestPermissionResponse = { outcome: { outcome: 'cancelled' } }

/** The agent's permission questions. The protocol has no place for an edited input, nor for the reason of a denial. */
export function createQuestions ({ reader, preset, on }: { reader: Reader, preset: Preset, on: (event: AgentEvent) => void }): Questions {
  const open = new Map<string, { input: Record<string, unknown>, resolve: (decision: Decision | undefined) => void }>()
  let cancelled = false
  let denied: Questions['denied']

  /** Only what is allowed once is allowed: what holds for longer, Iris keeps by itself. */
  function outcome ({ options = [] }: Question, decision: Decision | undefined, tool: string): RequestPermissionResponse {
    if (decision === undefined || cancelled) return CANCELLED
    const allow = decision.behavior === 'allow' ? options.find(({ kind }) => kind === 'allow_once') : undefined
    if (allow !== undefined) return { outcome: { outcome: 'selected', optionId: allow.optionId } }
    const message = decision.behavior === 'deny' ? decision.message : 'The agent does not offer to be allowed this once'
    denied = { tool, message }
    const reject = options.find(({ kind }) => kind === 'reject_once')
    return reject === undefined ? CANCELLED : { outcome: { outcome: 'selected', optionId: reject.optionId }, _meta: { message } }
  }

  return {
    get denied () { return denied },
    async ask (question, requestId, signal) {
      if (cancelled) return CANCELLED
      const call = reader.call(question.toolCall ?? {})
      const [tool, input] = [toolOf(call, preset), inputOf(call)]
      const decision = await new Promise<Decision | undefined>(resolve => {
        open.set(requestId, { input, resolve })
        signal.addEventListener('abort', () => {
          if (!open.delete(requestId)) return
          on({ type: 'unask', requestId })
          resolve(undefined)
        })
        on({ type: 'ask', tellId: reader.tellId, requestId, tool, input, fixed: true, data: { ...question, description: call.known.title ?? undefined } })
      })
      return outcome(question, decision, tool)
    },
    answer (requestId, decision) {
      const { input, resolve } = open.get(requestId) ?? {}
      open.delete(requestId)
      const edited = decision.behavior === 'allow' && !isDeepStrictEqual(decision.input, input)
      resolve?.(edited ? { behavior: 'deny', message: 'This agent takes no other input than its own' } : decision)
    },
    cancel () {
      cancelled = true
      for (const [requestId, { resolve }] of open) {
        open.delete(requestId)
        on({ type: 'unask', requestId })
        resolve(undefined)
      }
    },
    reset () {
      cancelled = false
      denied = undefined
    }
  }
}
