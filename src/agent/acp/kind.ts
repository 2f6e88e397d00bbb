import type { Choices, Kind, Program, Start } from '../agent.ts'
import { createConversations } from './conversations.ts'
import type { Preset } from './preset.ts'
import { startAcp } from './start.ts'

/** A kind of agent that speaks the Agent Client Protocol. `variables`: what of the server's environment it may have. */
export function acpKind (preset: Preset, variables: readonly RegExp[]): Kind {
  return {
    ...(preset.program !== undefined && { program: preset.program }),
    ...(preset.install !== undefined && { install: preset.install }),
    fields: ['model', 'mode'],
    environment: () => variables,
    check: team => checkTeam(preset, team),
    create (options) {
      const conversations = createConversations(options.home)
      const begin = async (start: Start) => await startAcp(programFor(preset, start), preset, start, { ...options, conversations })
      let first: Promise<unknown> | undefined
      return {
        async start (start) {
          if (!preset.firstAlone) return await begin(start)
          if (first !== undefined) await first.catch(() => {})
          const starting = begin(start)
          first ??= starting
          return await starting
        }
      }
    }
  }
}

/** What is run for a start. */
function programFor (preset: Preset, { command = preset.program!, args = [], cwd, env }: Start): Program {
  return { command, args: [...preset.args, ...args], cwd, env: { ...preset.env, ...env } }
}

function checkTeam ({ program, unasked }: Preset, { command, mode, permissions }: Choices) {
  if (program === undefined && command === undefined) {
    return { field: 'command', text: 'is missing: the program of an agent that speaks the Agent Client Protocol, e.g. `command: my-agent` with `args: [acp]`' }
  }
  // In such a mode nobody is asked, neither people nor the policy: only a policy that allows everything says the same.
  if (mode !== undefined && unasked.test(mode) && permissions !== 'allow') {
    return { field: 'mode', text: `'${mode}' is a mode in which the agent may act unasked, which only \`permissions: allow\` allows` }
  }
}
