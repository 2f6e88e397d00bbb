import { setFlagsFromString } from 'node:v8'
import type { Config } from '../../schemas/config.ts'
import { loadConfig, watchConfig } from '../config.ts'
import type { Server } from '../server.ts'
import { closed } from './closed.ts'
import { loadOptions, type Flags, type World } from './world.ts'

/** A server in this process that follows its configuration file. */
export interface Serving {
  readonly config: Config
  readonly server: Server
  close (drain?: number): Promise<void>
}

/** Starts the server with the flags of the command line. The file is followed, and read again at SIGHUP. */
export async function serve (world: World, config: Config, flags: Flags, options: { logLevel?: string, portFallback?: boolean } = {}): Promise<Serving> {
  setLearning()
  const { startServer } = await import('../server.ts')
  const server = await startServer({ config, environment: world.env, ...options }).catch((err: unknown) => { throw closed(config.home, err) })
  const watch = watchConfig(config, {
    clock: world.clock,
    load: file => loadConfig({ ...loadOptions(world, flags), file }),
    onChange (next) {
      server.reconfigure(next)
      server.log.info(`The configuration was read again from ${next.file!}`)
    },
    onError (message) { server.log.warn(message) }
  })
  const deaf = world.on('SIGHUP', watch.reload)
  return {
    config,
    server,
    async close (drain) {
      deaf()
      watch.close()
      await server.close(drain)
    }
  }
}

/**
 * What a start makes lives on, and what the same lines make for a request is garbage soon, but V8 goes by what it sees first. So, before
 * the server is loaded, it is told not to learn what to put among the old objects: there, garbage keeps all that it refers to until a
 * full collection, a quarter of what a small POST costs. And it is shown enough of process.nextTick, or it may take a slow way in all
 * calls to come: a fifth of a small GET.
 */
function setLearning (): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
  for (let n = 0; n < 5_000; n++) process.nextTick(() => {})
}
