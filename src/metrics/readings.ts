import type { Store } from '../store/store.ts'
import type { Services } from '../tool.ts'
import { reading, type Metric } from './tally.ts'

const STATES = ['waking', 'idle', 'busy', 'waiting']

/** What is so at the moment: nothing of it is counted, the services are asked. */
export function readServices ({ teams: configured, pool, tells, approvals, store, log, version, webhooks }: Pick<Services, 'teams' | 'pool' | 'tells' | 'approvals' | 'log' | 'version' | 'webhooks'> & { store: Pick<Store, 'children'> }): Metric[] {
  const teams = () => configured.list().map(({ name }) => name)

  function * awake (): Generator<[string, string, number]> {
    const counts = new Map<string, number>()
    for (const session of pool.awake()) {
      const key = `${session.to} ${pool.state(session).state}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    for (const team of teams()) for (const state of STATES) yield [team, state, counts.get(`${team} ${state}`) ?? 0]
  }

  function * waiting (): Generator<[string, number]> {
    const sessions = pool.awake()
    for (const team of teams()) yield [team, sessions.filter(({ to }) => to === team).reduce((sum, { id }) => sum + approvals.open(id), 0)]
  }

  return [
    reading('gauge', 'iris_build_info', 'Which Iris this is', ['version'], () => [[version, 1]]),
    reading('gauge', 'iris_team_available', 'Whether a team can work: 0 where e.g. its directory is missing', ['team'],
      () => configured.list().map(team => [team.name, configured.unavailable(team) === undefined ? 1 : 0])),
    reading('gauge', 'iris_tells_open', 'Tells that run, or wait in the queue of their session', ['team', 'state'], () => teams().flatMap(team => {
      const { running, queued } = tells.count(new Set([team]))
      return [[team, 'running', running], [team, 'queued', queued]] as const
    })),
    reading('gauge', 'iris_sessions_awake', 'Sessions with an agent, or on the way to one, by state', ['team', 'state'], awake),
    reading('gauge', 'iris_approvals_waiting', 'Permission questions that wait for people', ['team'], waiting),
    reading('gauge', 'iris_pool_places', 'Agents that may live at once (settings.maxProcesses)', [], () => [[pool.size().max]]),
    reading('gauge', 'iris_pool_places_taken', 'Places of the pool that are taken', [], () => [[pool.size().total]]),
    reading('gauge', 'iris_agent_processes', 'Living processes of agents', [], () => [[store.children.list().length]]),
    reading('counter', 'iris_webhook_attempts_total', 'Attempts to deliver to webhooks, by what came of them', ['outcome'], () => Object.entries(webhooks.measure().attempts)),
    reading('gauge', 'iris_webhook_deliveries', 'Deliveries to webhooks that wait, or were given up', ['state'], () => {
      const { pending, dead } = webhooks.measure()
      return [['pending', pending], ['dead', dead]]
    }),
    reading('gauge', 'iris_webhook_lag_seconds', 'How long the oldest delivery has waited', [], () => [[webhooks.measure().oldest / 1000]]),
    reading('gauge', 'iris_log_head', 'The number of the newest event', [], () => [[log.head()]])
  ]
}
