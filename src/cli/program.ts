import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { duration, port } from './arguments.ts'
import { examples } from './examples.ts'
import type { World } from './world.ts'

/** Runs one command line. Resolves to the exit code: 0 done, 1 failed, 2 the command line is wrong. */
export async function run (argv: readonly string[], world: World): Promise<number> {
  const result = { code: 0 }
  try {
    const keyCommands = argv.includes('key') ? await import('./key-commands.ts') : undefined
    const auditCommands = argv.includes('audit') ? await import('./audit-commands.ts') : undefined
    await build(world, result, keyCommands?.defineKeyCommands, auditCommands?.defineAuditCommands).parseAsync([...argv], { from: 'user' })
    return result.code
  } catch (err) {
    // Commander has said what is wrong already.
    if (err instanceof CommanderError) return err.exitCode === 0 ? 0 : 2
    const { message, stack } = err as Error
    world.stderr.write(`iris: ${world.env.IRIS_DEBUG ? stack : message}\n`)
    return (err as { code?: unknown }).code === 2 ? 2 : 1
  }
}

/** Each command loads its own code, so that `--help` is quick and `init` needs nothing. */
function build (world: World, result: { code: number }, defineKeyCommands?: (key: Command, world: World) => void, defineAuditCommands?: (audit: Command, world: World, result: { code: number }) => void): Command {
  const program = new Command('iris')
    .description('Lets anything talk to coding agents: MCP, REST, OpenAPI and WebSocket.')
    .version(VERSION, '-v, --version', 'print the version')
    .option('-c, --config <file>', 'configuration file (env IRIS_CONFIG; default ./config.yaml)')
    .option('--home <dir>', 'data directory (env IRIS_HOME; default .iris beside the configuration)')
    .option('-p, --port <port>', 'HTTP port (env IRIS_HTTP_PORT; default settings.httpPort)', port)
    .option('--json', 'print JSON')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: text => { world.stdout.write(text) }, writeErr: text => { world.stderr.write(text) } })
    .exitOverride()
    .addHelpText('after', examples('iris init && iris start', 'iris tell echo "Hello"') + '\n\nExit codes: 0 done, 1 failed, 2 the command line is wrong')

  /** `work` gets the options, those of the program included, then the arguments. */
  function command<F> (name: string, description: string, work: (flags: F, ...args: string[]) => Promise<number | void>): Command {
    return program.command(name).description(description).action(async function (this: Command) {
      result.code = await work(this.optsWithGlobals() as F, ...this.args) ?? 0
    })
  }
  const client = (one: Command) => one
    .option('--url <url>', 'address of the server (env IRIS_URL; default: the one that serves the data directory)')
    .option('--key <key>', 'key for it (env IRIS_KEY; default: the one in the data directory)')

  command('start', 'start the server', async flags => { await (await import('./start.ts')).start(world, flags as object) })
    .addHelpText('after', examples('iris start', 'iris start --config team.yaml --port 8080'))

  client(command('mcp', 'speak MCP on stdin and stdout; an MCP client starts it', async flags => await (await import('./mcp.ts')).mcp(world, flags as object)))
    .option('--as <team>', 'speak as this team (default: the one whose directory this is)')
    .addHelpText('after', examples('claude mcp add iris -- iris mcp --config /path/to/config.yaml'))

  client(command('tell', 'tell a team something and print its answer as it comes',
    async (flags, team, ...words) => await (await import('./tell.ts')).tell(world, flags as object, team!, words.join(' '))))
    .argument('<team>').argument('<message...>', 'what to say; - reads it from stdin')
    .option('--from <team>', 'speak as this team: each pair has a conversation of its own')
    .option('--timeout <duration>', 'stop waiting after so long, e.g. 30s (a mere number: ms); the tell itself goes on', duration)
    .configureOutput({ outputError (text, write) { write(/unknown option/.test(text) ? `${text.trimEnd()}\nWhat begins with - and is a part of the message comes after --: iris tell backend -- "- a list"\n` : text) } })
    .addHelpText('after', examples('iris tell backend "Which endpoints are there?"', 'git diff | iris tell backend - --timeout 10m'))

  client(command('teams', 'list the teams and what they do', async flags => { await (await import('./teams.ts')).teams(world, flags as object) }))
    .addHelpText('after', examples('iris teams --json'))

  client(command('status', 'show how the server does', async flags => { await (await import('./status.ts')).status(world, flags as object) }))
    .addHelpText('after', examples('iris status --url http://127.0.0.1:1615 --key "$IRIS_KEY"'))

  for (const [name, what, file] of [
    ['openapi', 'OpenAPI document of the REST API', 'openapi.json'],
    ['asyncapi', 'AsyncAPI document of the WebSocket', 'asyncapi.json'],
    ['graphql', 'schema of GraphQL', 'schema.graphql']
  ] as const) {
    command(name, `print the ${what}`, async flags => { await (await import('./openapi.ts'))[name](world, flags as object) })
      .option('--write <file>', 'write it to a file instead')
      .addHelpText('after', examples(`iris ${name} --write ${file}`))
  }

  command('init', 'write a commented config.yaml', async flags => { await (await import('./init.ts')).init(world, flags as object) })
    .option('-f, --force', 'overwrite the one that is there')
    .addHelpText('after', examples('iris init', 'iris init --config ~/iris/config.yaml'))

  command('doctor', 'check the configuration, the data directory, the port and the agents', async flags => await (await import('./doctor.ts')).doctor(world, flags as object))
    .addHelpText('after', examples('iris doctor'))

  const key = program.command('key').description('create, list, revoke and rotate keys, whether a server runs or not')
  defineKeyCommands?.(key, world)
  const audit = program.command('audit').description('show who did what, and check that no record of it was changed')
  defineAuditCommands?.(audit, world, result)
  return program
}
