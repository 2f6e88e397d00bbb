import { randomUUID } from 'node:crypto'
import type { Approval, Decision } from '../schemas/approval.ts'
import type { EventOf } from '../schemas/event.ts'
import type { Permissions } from '../schemas/permissions.ts'
import type { Decision as Answer } from './agent/agent.ts'
import type { Clock } from './clock.ts'
import { ApprovalDecidedError, ApprovalNotFoundError, ValidationError } from './errors.ts'
import type { Log } from './log.ts'
import { isQuestion, judge } from './policy.ts'
import type { ApprovalRow, Store } from './store/store.ts'

/** An agent asks whether it may use a tool, and waits. */
export interface Question {
  readonly sessionId: string
  readonly team: string
  /** The team's, absolute. */
  readonly directory: string
  readonly tellId: string | null
  /** The agent's own id of it. */
  readonly requestId: string
  readonly tool: string
  readonly input: Record<string, unknown>
  /** The agent can be told yes or no, and not another input. */
  readonly fixed?: boolean
  readonly description?: string
  /** Tell the agent. */
  reply (answer: Answer): void
  /** A question that waited for a person is over, however; before the reply. */
  over (): void
}

export interface Approvals {
  /** Put the question to the policy, and to people where it says so. False where it is answered already. Never leaves the agent without an answer. */
  ask (question: Question): boolean
  /** The first decision wins. Throws ApprovalNotFoundError, ApprovalDecidedError, ValidationError. */
  answer (id: string, how: { decision: Decision, reason?: string, input?: Record<string, unknown> }, by: string): Approval
  /** Throws ApprovalNotFoundError. */
  get (id: string): Approval
  list (...args: Parameters<Store['approvals']['list']>): { rows: Approval[], next: number | null }
  /** These questions are over, undecided: all of a session, or those of one tell or one request. That denies. */
  withdraw (sessionId: string, reason: string, which?: { tellId?: string, requestId?: string }): void
  /** What a tell's agent has asked and nobody has decided, as it was asked. */
  waiting (tellId: string): Asked[]
  /** How many of a session wait for people. */
  open (sessionId: string): number
  /** After a start: whoever asked is dead. */
  recover (): void
}

type Asked = EventOf<'approval:requested'>['data']

type Verdict = { decision: Decision, by: string } & Partial<Pick<ApprovalRow, 'state' | 'reason' | 'rule' | 'updatedInput'>>

export function createApprovals ({ store, log, clock, policy, timeout, onError }: {
  store: Store
  log: Log
  clock: Clock
  /** A team's, as it is now. */
  policy: (team: string) => Permissions
  /** ms; 0 for ever */
  timeout: () => number
  /** Hears what should never happen, e.g. a full disk. */
  onError: (err: unknown) => void
}): Approvals {
  const open = new Map<string, { question: Question, asked: Asked, cancelTimer: () => void }>()
  /** By session, then tool: which decision holds for the session. */
  const grants = new Map<string, Map<string, string>>()

  function rowOf ({ sessionId, team, tellId, tool, input, description }: Question): ApprovalRow {
    return {
      id: randomUUID(),
      sessionId,
      team,
      tellId,
      tool,
      input,
      description: description ?? null,
      state: 'pending',
      decision: null,
      by: null,
      reason: null,
      rule: null,
      updatedInput: null,
      createdAt: clock.now(),
      expiresAt: null,
      decidedAt: null
    }
  }

  /** The one way out of `pending`: the row, the event and the record in the cache are one. */
  function settle (row: ApprovalRow, verdict: Verdict, write: (row: ApprovalRow, fields: Partial<ApprovalRow>) => void): ApprovalRow {
    const fields = { state: verdict.decision === 'deny' ? 'denied' : 'allowed', decidedAt: clock.now(), ...verdict } as const
    const settled = { ...row, ...fields }
    const { approvalId, sessionId, team, tellId, tool, input, createdAt: _, expiresAt: __, decidedAt: ___, ...rest } = toApproval(settled)
    const of = { sessionId, team, ...(tellId !== undefined && { tellId }) }
    log.append([
      { event: 'cache:message', data: { ...of, message: { timestamp: fields.decidedAt, type: 'permission', data: { approvalId, tool, input, ...rest } } } },
      { event: 'approval:resolved', data: { ...of, approvalId, tool, ...rest, decision: verdict.decision, by: verdict.by } }
    ], () => { write(row, fields) })
    return settled
  }

  const update = ({ id }: ApprovalRow, fields: Partial<ApprovalRow>) => { store.approvals.update(id, fields) }
  const insert = (row: ApprovalRow, fields: Partial<ApprovalRow>) => { store.approvals.insert({ ...row, ...fields }) }

  /** An open question is over: nothing of it is left here. */
  function close (id: string) {
    const { question, cancelTimer } = open.get(id)!
    open.delete(id)
    cancelTimer()
    question.over()
    return question
  }

  function expire (id: string, by: 'deadline' | 'end', reason: string, tell = true) {
    record(id, { state: 'expired', decision: 'deny', by, reason })
    const { reply } = close(id)
    if (tell) reply({ behavior: 'deny', message: reason })
  }

  /** Where the store fails, the agent does not wait for it: what it was told is stored when it can be. */
  function record (id: string, verdict: Verdict, retries = 0) {
    try {
      const row = store.approvals.get(id)
      if (row !== undefined) settle(row, verdict, update)
    } catch (err) {
      onError(err)
      clock.after(Math.min(30_000, 250 * 2 ** retries), () => { record(id, verdict, retries + 1) })
    }
  }

  function decide (question: Question): boolean {
    const { sessionId, team, tool, input, directory, reply } = question
    const row = rowOf(question)
    const judged = judge(policy(team), tool, input, directory)
    const grant = judged.then === 'ask' ? grants.get(sessionId)?.get(tool) : undefined
    if (judged.then === 'allow' || grant !== undefined) {
      settle(row, { decision: 'allow', by: 'policy', rule: grant ?? judged.rule }, insert)
      reply({ behavior: 'allow', input })
      return false
    }
    if (judged.then === 'deny') {
      const reason = `The policy of this team denies '${tool}' (${judged.rule}). Its \`permissions\` in config.yaml say so`
      settle(row, { decision: 'deny', by: 'policy', rule: judged.rule, reason }, insert)
      reply({ behavior: 'deny', message: reason })
      return false
    }
    const ms = timeout()
    const pending: ApprovalRow = { ...row, rule: judged.rule, expiresAt: ms > 0 ? row.createdAt + ms : null }
    const { approvalId, tellId, description, expiresAt } = toApproval(pending)
    const asked = { approvalId, sessionId, team, tool, input, ...(tellId !== undefined && { tellId }), ...(description !== undefined && { description }), ...(expiresAt !== undefined && { expiresAt }) }
    try {
      log.append({ event: 'approval:requested', data: asked }, () => {
        store.approvals.insert(pending)
        open.set(row.id, { question, asked, cancelTimer: () => {} })
      })
    } catch (err) {
      open.delete(row.id)
      throw err
    }
    const here = open.get(row.id)
    if (here === undefined) return false // whoever heard of it has decided it already
    if (ms > 0) here.cancelTimer = clock.after(ms, () => { expire(row.id, 'deadline', `Nobody decided within ${ms} ms (settings.approvalTimeout), so '${tool}' is denied`) })
    return true
  }

  function get (id: string): ApprovalRow {
    const row = store.approvals.get(id)
    if (row === undefined) throw new ApprovalNotFoundError(id)
    return row
  }

  return {
    ask (question) {
      try {
        return decide(question)
      } catch (err) {
        question.reply({ behavior: 'deny', message: 'Iris could not put the question on record, so it is denied' })
        throw err
      }
    },
    answer (id, { decision, reason, input }, by) {
      const row = get(id)
      const allowed = decision !== 'deny'
      if (row.state !== 'pending' || !open.has(id)) throw new ApprovalDecidedError(row.state, { details: { approvalId: id, state: row.state, decision: row.decision, by: row.by, ...(row.reason !== null && { reason: row.reason }) } })
      if (input !== undefined && !allowed) throw new ValidationError("'input' goes with allow or allow_session alone")
      const { question } = open.get(id)!
      if (input !== undefined && question.fixed) throw new ValidationError("This agent takes no other 'input' than its own: allow or deny it as it is")
      if (input !== undefined && judge(policy(row.team), row.tool, input, question.directory).then === 'deny') throw new ValidationError("The policy of this team denies this 'input'")
      const settled = settle(row, { decision, by: `key:${by}`, ...(reason !== undefined && { reason }), ...(input !== undefined && { updatedInput: input }) }, update)
      if (decision === 'allow_session' && !isQuestion(row.tool)) {
        const tools = grants.get(row.sessionId) ?? new Map<string, string>()
        grants.set(row.sessionId, tools.set(row.tool, `allow_session: approval ${id} by key:${by}`))
      }
      close(id).reply(allowed ? { behavior: 'allow', input: input ?? row.input } : { behavior: 'deny', message: reason ?? `Denied by '${by}'` })
      return toApproval(settled)
    },
    get: id => toApproval(get(id)),
    list (filter, page) {
      const { rows, next } = store.approvals.list(filter, page)
      return { rows: rows.map(toApproval), next }
    },
    withdraw (sessionId, reason, { tellId, requestId } = {}) {
      for (const [id, { question }] of open) {
        if (question.sessionId !== sessionId || (tellId !== undefined && question.tellId !== tellId) || (requestId !== undefined && question.requestId !== requestId)) continue
        expire(id, 'end', reason, requestId === undefined) // who took its question back wants no answer
      }
    },
    waiting: tellId => [...open.values()].filter(({ question }) => question.tellId === tellId).map(({ asked }) => asked),
    open: sessionId => [...open.values()].filter(({ question }) => question.sessionId === sessionId).length,
    recover () {
      for (const row of store.approvals.inState('pending')) {
        if (!open.has(row.id)) settle(row, { state: 'expired', decision: 'deny', by: 'end', reason: 'The server ended while it was open' }, update)
      }
    }
  }
}

function toApproval ({ id, ...row }: ApprovalRow): Approval {
  return Object.fromEntries(Object.entries({ approvalId: id, ...row }).filter(([, value]) => value !== null)) as unknown as Approval
}
