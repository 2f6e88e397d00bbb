import type { ClientContext } from '@agentclientprotocol/sdk'
import { AgentError, IrisError } from '../../errors.ts'
import type { Start } from '../agent.ts'
import { reasonOf } from './failure.ts'
import type { ConfigOption } from './frame.ts'
import { modeFor, modelsOf, modesOf, mustOffer, valueOf, type Choice } from './modes.ts'
import type { Session } from './open.ts'
import type { Preset } from './preset.ts'

/** Sets the model and the mode that a session is to work with, and makes sure that they are. Gives the mode, where there are any. */
export async function choose (agent: ClientContext, { id, opened }: Session, { model, mode }: Start, preset: Preset): Promise<string | undefined> {
  if (model !== undefined) {
    const models = modelsOf(opened)
    mustOffer(models, model, 'model')
    await set(agent, id, models, 'model', model)
  }
  const modes = modesOf(opened)
  const wanted = modeFor(modes, mode ?? preset.asks, preset.unasked)
  if (wanted !== undefined) await set(agent, id, modes, 'mode', wanted)
  return wanted ?? modes.current
}

/** Sets one choice. Rejects with AgentError where the agent takes another, or none. */
export async function set (agent: ClientContext, sessionId: string, { current, option }: Choice, what: 'mode' | 'model', wanted: string): Promise<void> {
  if (current === wanted) return
  try {
    if (option === undefined) {
      await agent.request(`session/set_${what}`, { sessionId, [`${what}Id`]: wanted })
    } else {
      const answer = await agent.request<{ configOptions?: ConfigOption[] }>('session/set_config_option', { sessionId, configId: option, value: wanted })
      const now = valueOf(answer?.configOptions, option)
      if (now !== wanted) throw new Error(`it took '${String(now)}'`)
    }
  } catch (cause) {
    if (cause instanceof IrisError) throw cause // it has ended
    throw new AgentError(`The agent could not be given the ${what} '${wanted}': ${reasonOf(cause)}`, { cause })
  }
}
