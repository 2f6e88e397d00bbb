import type { Event } from '../schemas/event.ts'
import { toErrorBody } from './errors.ts'
import type { Recovered } from './recovery.ts'
import type { TellRow } from './store/store.ts'
import type { Progress } from './tool.ts'
import type { TurnEnd } from './turn.ts'

export type End = (TurnEnd & { known?: never }) | (Recovered & { structured?: never })

/** What is stored of the end of a tell, and what is told of it. */
export function endOf ({ id, sessionId, from, to, createdAt }: TellRow, { state, response, structured, usage, error: cause }: End, endedAt: number) {
  const of = { tellId: id, sessionId, team: to }
  const form = structured === undefined ? {} : { structured }
  const error = cause && toErrorBody(cause, endedAt)
  const event: Progress & Event = state === 'completed'
    ? { event: 'tell:complete', data: { ...of, from, response, ...form, duration: endedAt - createdAt, ...(usage && { usage }) } }
    : { event: 'tell:error', data: { ...of, state, response, error: error! } }
  return { ended: { state, response, ...form, endedAt, ...(usage && { usage }), ...(error && { error }) }, event }
}
