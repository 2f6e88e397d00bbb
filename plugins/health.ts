import type { FastifyInstance } from 'fastify'
import { NotReadyError } from '../src/errors.ts'

export interface HealthOptions {
  /** Whether new work is taken; false while the server drains. */
  ready (): boolean
}

/** For whoever restarts or routes: no key, no detail. */
export default async function health (app: FastifyInstance, { ready }: HealthOptions): Promise<void> {
  app.get('/health/live', { schema: { hide: true } }, async () => ({ status: 'ok' }))
  app.get('/health/ready', { schema: { hide: true } }, async () => {
    if (!ready()) throw new NotReadyError('The server is stopping')
    return { status: 'ok' }
  })
}
