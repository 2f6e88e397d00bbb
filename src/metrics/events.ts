import type { StoredEvent } from '../../schemas/event.ts'
import { TERMINAL, type Usage } from '../../schemas/tell.ts'
import type { Services } from '../tool.ts'
import { counter, histogram, type Metric } from './tally.ts'

/** Seconds. */
const LONG = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]
const SHORT = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

const TOKENS: readonly [kind: string, field: Exclude<keyof Usage, 'costUsd' | 'turns'>][] = [
  ['input', 'inputTokens'], ['output', 'outputTokens'], ['cache_read', 'cacheReadTokens'], ['cache_write', 'cacheWriteTokens']
]

/** For a team that is not configured any more. No team is called so. */
const GONE = '_gone'

/** What follows from the log alone: it is counted as it is stored, from the start of this server on. */
export function countEvents ({ log, tells, config }: Pick<Services, 'log' | 'tells' | 'config'>): { metrics: Metric[], close (): void } {
  const stored = counter('iris_events_total', 'Events stored', 'event')
  const accepted = counter('iris_tells_accepted_total', 'Tells accepted', 'team')
  const ended = counter('iris_tells_total', 'Tells that have ended, by how', 'team', 'state')
  const duration = histogram('iris_tell_duration_seconds', 'From the acceptance of a tell to its end', LONG, 'team')
  const wait = histogram('iris_tell_wait_seconds', 'From the acceptance of a tell to the beginning of its turn', SHORT, 'team')
  const first = histogram('iris_tell_first_chunk_seconds', 'From the acceptance of a tell to the first words of its answer', SHORT, 'team')
  const tokens = counter('iris_tokens_total', 'Tokens that tells consumed', 'team', 'kind')
  const cost = counter('iris_cost_usd_total', 'US dollars that tells cost, as far as agents say', 'team')
  const approvals = counter('iris_approvals_total', 'Permission questions decided, by what', 'team', 'decision', 'by')
  const decided = histogram('iris_approval_wait_seconds', 'From a permission question to people to its decision', LONG, 'team')
  const starts = counter('iris_agent_starts_total', 'Starts of agents', 'team', 'outcome')
  const ends = counter('iris_agent_ends_total', 'Ends of agents', 'team', 'how')

  const nameOf = (team: string) => config().teams.has(team) ? team : GONE
  /** When each open tell was accepted, and each open question asked, Unix ms. */
  const open = new Map<string, { at: number, silent: boolean }>()
  const asked = new Map<string, number>()

  function spent (team: string, usage: Usage | undefined) {
    if (usage === undefined) return
    for (const [kind, field] of TOKENS) tokens.of(team, kind).value += usage[field]
    cost.of(team).value += usage.costUsd ?? 0
  }

  function over (team: string, tellId: string, state: string, at: number) {
    ended.of(team, state).value++
    const begun = open.get(tellId)
    if (begun === undefined) return // accepted by an earlier server
    open.delete(tellId)
    duration.of(team).observe((at - begun.at) / 1000)
  }

  function hear ({ event, data, at }: StoredEvent) {
    stored.of(event).value++
    const team = nameOf(data.team)
    switch (event) {
      case 'tell:started':
        accepted.of(team).value++
        open.set(data.tellId, { at, silent: true })
        break
      case 'cache:message': {
        const tell = data.message.type === 'user' && data.tellId !== undefined ? open.get(data.tellId) : undefined
        if (tell !== undefined) wait.of(team).observe((at - tell.at) / 1000)
        break
      }
      case 'tell:chunk': {
        const tell = open.get(data.tellId)
        if (tell?.silent !== true) break
        tell.silent = false
        first.of(team).observe((at - tell.at) / 1000)
        break
      }
      case 'tell:complete':
        over(team, data.tellId, 'completed', at)
        spent(team, data.usage)
        break
      case 'tell:error':
        over(team, data.tellId, data.state, at)
        spent(team, tells.get(data.tellId).usage)
        break
      case 'approval:requested':
        asked.set(data.approvalId, at)
        break
      case 'approval:resolved': {
        // By whom is a key's name: only what kind of decider it was is counted.
        approvals.of(team, data.decision, data.by.split(':', 1)[0]!).value++
        const since = asked.get(data.approvalId)
        asked.delete(data.approvalId)
        if (since !== undefined) decided.of(team).observe((at - since) / 1000)
        break
      }
      case 'process:spawned':
        starts.of(team, 'ready').value++
        break
      case 'process:error':
        starts.of(team, 'failed').value++
        break
      case 'process:terminated':
        ends.of(team, data.signal !== undefined ? 'signal' : data.exitCode === 0 ? 'ok' : 'error').value++
        break
    }
  }

  /** What has not happened yet is 0 and not absent: so the first time is a rise. */
  function withZeros () {
    for (const team of config().teams.keys()) {
      accepted.of(team)
      cost.of(team)
      for (const state of TERMINAL) ended.of(team, state)
      for (const [kind] of TOKENS) tokens.of(team, kind)
      for (const outcome of ['ready', 'failed']) starts.of(team, outcome)
    }
  }

  return {
    metrics: [{ ...ended, samples () { withZeros(); return ended.samples() } }, stored, accepted, duration, wait, first, tokens, cost, approvals, decided, starts, ends],
    close: log.subscribe('all', ({ event }) => { hear(event) })
  }
}
