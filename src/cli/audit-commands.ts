import { InvalidArgumentError, type Command } from 'commander'
import { count } from './arguments.ts'
import { list, verify } from './audit.ts'
import { examples } from './examples.ts'
import type { World } from './world.ts'

/** What is below `iris audit`. */
export function defineAuditCommands (audit: Command, world: World, result: { code: number }): void {
  audit.command('list').description('show who did what, when and from where, the newest first')
    .option('--limit <rows>', 'as many rows at most', count, 50)
    .addHelpText('after', examples('iris audit list --limit 20'))
    .action((_, command: Command) => { list(world, command.optsWithGlobals()) })
  audit.command('verify').description('look whether a row was changed or taken away')
    .option('--head <hash>', 'a head that was kept before; it must still be in the trail', head)
    .addHelpText('after', examples('iris audit verify'))
    .action((_, command: Command) => { result.code = verify(world, command.optsWithGlobals()) })
}

function head (text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new InvalidArgumentError('A head is 64 hexadecimal digits, as iris audit verify prints it.')
  return text
}
