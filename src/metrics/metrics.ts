import type { Registry } from 'prom-client'
import type { Store } from '../store/store.ts'
import type { Services } from '../tool.ts'
import { countEvents } from './events.ts'
import { readServices } from './readings.ts'
import type { Metric } from './tally.ts'
import { countTraffic, type Traffic } from './traffic.ts'

export interface Metrics extends Omit<Traffic, 'metrics'> {
  /** All of it, in Prometheus's text format. */
  read (): Promise<{ type: string, text: string }>
  close (): void
}

/**
 * What there is to measure. The log is listened to, the services are asked when somebody reads, and traffic is counted where it
 * passes. Labels are of closed sets: configured teams, tools, routes and states; never the name of a caller, an id or a text.
 */
export function createMetrics (services: Services & { store: Pick<Store, 'children'> }): Metrics {
  const { metrics: traffic, ...counts } = countTraffic(services)
  const { metrics: events, close } = countEvents(services)
  let loading: Promise<Registry> | undefined
  return {
    ...counts,
    close,
    async read () {
      const registry = await (loading ??= load([...readServices(services), ...events, ...traffic]))
      return { type: registry.contentType, text: await registry.metrics() }
    }
  }
}

/**
 * The library is loaded, and the event loop watched, from the first reading on: who never reads pays for neither, and no start
 * waits for it.
 */
async function load (metrics: readonly Metric[]): Promise<Registry> {
  const { Registry, collectDefaultMetrics } = await import('prom-client')
  const registry = new Registry()
  for (const metric of metrics) {
    const get = async () => ({ ...metric, values: metric.samples(), aggregator: 'sum' })
    registry.registerMetric({ ...metric, get } as unknown as Parameters<Registry['registerMetric']>[0])
  }
  collectDefaultMetrics({ register: registry })
  // Gauges that are named as counters; each is there as well by its parts.
  for (const what of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${what}_total`)
  return registry
}
