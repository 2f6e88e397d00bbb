import closeWithGrace from 'close-with-grace'
import { loadConfig } from '../config.ts'
import { adminKeyFile } from '../server-file.ts'
import { quoted } from './quoted.ts'
import { serve, type Serving } from './serve.ts'
import { loadOptions, print, printJson, type Flags, type World } from './world.ts'

/** Beyond drainTimeout, what ending the agents and closing the files may take, ms. */
const CLOSING = 15_000

/** `iris start`: serves until a signal ends it; a second signal ends it at once. */
export async function start (world: World, flags: Flags): Promise<void> {
  const config = loadConfig(loadOptions(world, flags))
  const serving = await serve(world, config, flags)
  const { log } = serving.server
  const logger = { error: (...what: unknown[]) => { log.error(what.join(' ')) } }
  closeWithGrace({ delay: config.settings.drainTimeout + CLOSING, logger, skip: ['SIGHUP'] }, async ({ err, signal }) => {
    if (err !== undefined) log.fatal({ err }, 'ends after an internal error')
    else log.info(`ends${signal === undefined ? '' : ` at ${signal}`}; running tells get ${config.settings.drainTimeout / 1000} s`)
    await serving.close()
  })
  greet(world, flags, serving)
}

/** Where it is and how to try it. The curl line works as it stands, pasted into a shell on this machine. */
function greet (world: World, flags: Flags, { config, server: { url, firstKey } }: Serving): void {
  if (flags.json) return printJson(world, { url, docs: `${url}/docs`, mcp: `${url}/mcp`, home: config.home, ...(firstKey !== undefined && { key: firstKey }) })
  const file = adminKeyFile(config.home)
  const key = firstKey ?? `$(cat ${quoted(file)})`
  const team = [...config.teams.values()].find(({ unavailable }) => unavailable === undefined)?.name
  const curl = `curl -s ${config.api.requireAuth ? `-H "Authorization: Bearer ${key}" ` : ''}`
  print(world, [
    `Iris listens on ${url}`,
    `  Page     ${url}/${firstKey === undefined ? '' : `#key=${encodeURIComponent(firstKey)}`}`,
    `  API      ${url}/docs`,
    `  MCP      ${url}/mcp`,
    ...(firstKey === undefined ? [] : [`  Key      ${firstKey}`, `           It is shown this once. The iris command on this machine finds it in ${file}`]),
    'Try:',
    `  ${curl}${url}/api/teams`,
    ...(team === undefined ? [] : [`  ${curl}${url}/api/teams/tell -H 'Content-Type: application/json' -d '${JSON.stringify({ toTeam: team, message: 'Hello' })}'`])
  ].join('\n'))
}
