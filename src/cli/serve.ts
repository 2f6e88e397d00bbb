import type { Config } from '../../schemas/config.ts'
import { loadConfig, watchConfig } from '../config.ts'
import { startServer, type Server } from '../server.ts'
import { loadOptions, type Flags, type World } from './world.ts'

/** A server in this process that follows its configuration file. */
export interface Serving {
  readonly config: Config
  readonly server: Server
  close (drain?: number): Promise<void>
}

/** Starts the server with the flags of the command line. The file is followed, and read again at SIGHUP. */
export async function serve (world: World, config: Config, flags: Flags, options: { logLevel?: string, portFallback?: boolean } = {}): Promise<Serving> {
  const server = await startServer({ config, environment: world.env, ...options })
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
