import type { Program } from './agent.ts'
import { runProbe } from './probe.ts'

/** What mends a missing login. */
export const LOG_IN = 'Run `claude auth login` as the user that runs Iris, or give ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN in its environment, or in the team\'s `env`'
/** What mends an empty account. */
export const PAY = 'Add credit to the account, or use another one: see the plans and billing page of the Claude Console'

/** Asks the program itself, which looks for its own credentials and calls nobody. */
export async function claudeLogin (program: Pick<Program, 'command' | 'cwd' | 'env'>): Promise<{ ok: boolean, detail: string }> {
  const answer = await runProbe(program.command, ['auth', 'status', '--json'], program)
  try {
    if ('missing' in answer) return { ok: false, detail: answer.missing }
    const { loggedIn, authMethod, email, apiKeySource } = JSON.parse(answer.output) as Record<string, unknown>
    if (loggedIn !== true) return { ok: false, detail: `not logged in. ${LOG_IN}` }
    const by = [email, apiKeySource, authMethod].find(word => typeof word === 'string')
    return { ok: true, detail: `logged in${by === undefined ? '' : ` (${by as string})`}` }
  } catch {
    return { ok: true, detail: 'which does not say whether it is logged in' }
  }
}
