import { InvalidArgumentError, type Command } from 'commander'
import { KeyName, PERMISSIONS, type Permission } from '../../schemas/key.ts'
import { TeamName } from '../../schemas/team.ts'
import { count } from './arguments.ts'
import { examples } from './examples.ts'
import { create, list, revoke, rotate } from './key.ts'
import type { World } from './world.ts'

/** What is below `iris key`. */
export function defineKeyCommands (key: Command, world: World): void {
  key.command('create').description('create a key and print it, this once')
    .argument('<name>', 'a name of your choice', keyName)
    .requiredOption('--permission <permission>', `${PERMISSIONS.join(', ')}; several times, or with commas`, listOf(permission))
    .option('--team <team>', 'the only team it may reach; several times, or with commas', listOf(team))
    .option('--as <team>', 'the only name it may speak as; several times, or with commas', listOf(team))
    .option('--rate <requests>', 'requests per window, in the place of api.rateLimit.max', count)
    .option('--expires <when>', 'a duration such as 30d, or a date')
    .addHelpText('after', examples('iris key create ci --permission tell,status --team backend --expires 90d'))
    .action((name: string, _, command: Command) => { create(world, command.optsWithGlobals(), name) })
  key.command('list').description('list all keys, those in config.yaml too')
    .action((_, command: Command) => { list(world, command.optsWithGlobals()) })
  key.command('revoke').description('make a key worthless at once')
    .argument('<name>')
    .action((name: string, _, command: Command) => { revoke(world, command.optsWithGlobals(), name) })
  key.command('rotate').description('a new key in the place of an old one, with the same grants')
    .argument('<name>')
    .action((name: string, _, command: Command) => { rotate(world, command.optsWithGlobals(), name) })
}

/** For options that may be given several times, or once with commas. */
function listOf<T> (one: (text: string) => T): (text: string, before?: T[]) => T[] {
  return (text, before = []) => [...before, ...text.split(',').map(one)]
}

function permission (text: string): Permission {
  if (!PERMISSIONS.includes(text as Permission)) throw new InvalidArgumentError(`Allowed are ${PERMISSIONS.join(', ')}.`)
  return text as Permission
}

function keyName (text: string): string {
  if (text.trim() === '' || text.length > KeyName.maxLength!) throw new InvalidArgumentError(`A name has 1 to ${KeyName.maxLength!} characters.`)
  return text
}

function team (text: string): string {
  if (!new RegExp(TeamName.pattern!).test(text)) throw new InvalidArgumentError("A team name has lower-case letters, digits, '_', '.' and '-', at most 64.")
  return text
}
