import type { IrisEvent } from '../js/src/follow.ts'
import type { ApprovalListOutput, SessionListOutput, TeamListOutput, TellListOutput } from '../js/src/tools.ts'

export type Team = TeamListOutput['teams'][number]
export type Tell = TellListOutput['tells'][number]
export type Usage = NonNullable<Tell['usage']>
export type Question = Pick<ApprovalListOutput['approvals'][number], 'approvalId' | 'sessionId' | 'team' | 'tool' | 'input'> &
  { [K in 'tellId' | 'description']?: string | undefined } & { expiresAt?: number | undefined }
export type State = SessionListOutput['sessions'][number]['state']
export type Session = SessionListOutput['sessions'][number] & {
  awake: boolean
  /** The tells that are not answered yet, and the questions that nobody has decided. */
  readonly open: Set<string>
  readonly asked: Set<string>
}
/** Something that happened, when that is known: Unix ms. */
export interface Happened { seq: number, event: string, data: Record<string, unknown>, at: number }

/** What of all that happened is listed. */
const LISTED = 200

/**
 * What the server does, as far as this key may know: a snapshot of its tools, kept up to date by its events, so that
 * a page that stays open costs its key no requests. Events that the snapshot knows already change nothing.
 */
export class Model {
  teams: readonly Team[] = []
  readonly sessions = new Map<string, Session>()
  /** Whether this key may decide what agents ask. */
  decides = true
  readonly questions = new Map<string, Question>()
  readonly spent = new Map<string, Usage>()
  /** Newest first. */
  happened: readonly Happened[] = []

  setSessions (sessions: SessionListOutput['sessions'], tells: readonly Tell[]): void {
    for (const session of sessions) {
      const known = this.sessions.get(session.sessionId)
      const awake = session.state !== 'asleep' && session.state !== 'waking'
      this.sessions.set(session.sessionId, { ...session, awake, open: known?.open ?? new Set(), asked: known?.asked ?? new Set() })
    }
    for (const { tellId, sessionId, state, usage } of tells) {
      const { open } = this.sessions.get(sessionId) ?? {}
      if (state === 'queued' || state === 'running') open?.add(tellId)
      else open?.delete(tellId)
      if (usage !== undefined) this.spent.set(tellId, usage)
    }
  }

  setQuestions (questions: readonly Question[]): void {
    this.questions.clear()
    for (const question of questions) this.ask(question)
  }

  private ask (question: Question): void {
    this.questions.set(question.approvalId, question)
    this.sessions.get(question.sessionId)?.asked.add(question.approvalId)
  }

  note (happened: readonly Happened[]): void {
    const news = happened.filter(({ event }) => event !== 'tell:chunk')
    if (news.length > 0) this.happened = [...news.reverse(), ...this.happened].slice(0, LISTED)
  }

  /** False where it is of a session that the snapshot does not know. */
  apply ({ event, data }: IrisEvent, at: number): boolean {
    const { tellId, sessionId, approvalId } = data as Record<string, string>
    const session = this.sessions.get(sessionId!)
    if (event === 'approval:requested' && this.decides) this.ask(data as unknown as Question)
    if (event === 'approval:resolved') this.questions.delete(approvalId!)
    if (event === 'tell:complete' && data.usage !== undefined) this.spent.set(tellId!, data.usage as Usage)
    if (session === undefined) return false
    switch (event) {
      case 'process:spawned': session.awake = true; break
      case 'process:terminated': case 'process:error': session.awake = false; break
      case 'tell:started': session.open.add(tellId!); break
      case 'tell:complete': case 'tell:error': session.open.delete(tellId!); break
      case 'approval:resolved': session.asked.delete(approvalId!); break
    }
    if (event === 'cache:message') limit(session, (data.message as { data: object }).data)
    else if (event === 'tell:chunk' || event === 'tell:complete') delete session.limitedUntil
    const state = stateOf(session)
    if (state !== session.state) Object.assign(session, { state, since: at, reason: typeof data.reason === 'string' ? data.reason : '' })
    session.lastUsedAt = Math.max(session.lastUsedAt, at)
    return true
  }

  /** The conversations with a team that go on, the last used first. */
  sessionsOf (team: string): Session[] {
    return [...this.sessions.values()].filter(({ to, current }) => to === team && current).sort((a, b) => b.lastUsedAt - a.lastUsedAt)
  }

  /** What the most awake of its sessions does. */
  leadOf (team: string): Session | undefined {
    return this.sessionsOf(team).sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))[0]
  }
}

/** A message may say that the model service takes no more for a while. */
function limit (session: Session, { subtype, until }: { subtype?: unknown, until?: unknown }): void {
  if (subtype === 'rate_limited' && typeof until === 'number') session.limitedUntil = until
}

const ORDER: readonly State[] = ['waiting', 'busy', 'waking', 'idle', 'asleep']

function stateOf ({ awake, open, asked }: Session): State {
  if (!awake) return open.size > 0 ? 'waking' : 'asleep'
  return asked.size > 0 ? 'waiting' : open.size > 0 ? 'busy' : 'idle'
}
