import { AgentError } from '../../errors.ts'
import type { ConfigOption, Opened } from './frame.ts'

/** One thing of a session that can be chosen: its mode or its model. */
export interface Choice {
  readonly current: string | undefined
  /** By id, with the words shown for it. */
  readonly offered: ReadonlyMap<string, string>
  /** The option to set it by; undefined where it has a method of its own. */
  readonly option: string | undefined
}

const NONE: Choice = { current: undefined, offered: new Map(), option: undefined }
/** How many of what is offered an error names. */
const SHOWN = 30

/** What modes there are. */
export function modesOf ({ modes, configOptions }: Opened): Choice {
  if (!modes?.availableModes?.length) return fromOptions(configOptions, 'mode')
  return { current: modes.currentModeId, offered: new Map(modes.availableModes.map(({ id, name = id }) => [id, name])), option: undefined }
}

/** What models there are. The option is the newer way and shows fewer. */
export function modelsOf ({ models, configOptions }: Opened): Choice {
  const option = fromOptions(configOptions, 'model')
  if (option !== NONE || !models?.availableModels?.length) return option
  return { current: models.currentModelId, offered: new Map(models.availableModels.map(({ modelId, name = modelId }) => [modelId, name])), option: undefined }
}

function fromOptions (options: readonly ConfigOption[] | null | undefined, category: string): Choice {
  const option = options?.find(one => one.category === category) ?? options?.find(one => one.id === category)
  if (option === undefined) return NONE
  const flat = (option.options ?? []).flatMap(one => one.options ?? [one])
  return {
    current: valueOf(options, option.id),
    offered: new Map(flat.flatMap(({ value, name = value }) => value === undefined ? [] : [[value, name!]])),
    option: option.id
  }
}

/** What an option is set to. */
export function valueOf (options: readonly ConfigOption[] | null | undefined, id: string): string | undefined {
  const value = options?.find(option => option.id === id)?.currentValue
  return typeof value === 'string' ? value : undefined
}

/** Throws AgentError, which names what is offered, where `wanted` is not. */
export function mustOffer ({ offered }: Choice, wanted: string, what: 'mode' | 'model') {
  if (offered.has(wanted)) return
  const names = [...offered.keys()]
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  throw new AgentError(names.length === 0
    ? `The agent does not let its ${what} be chosen, so '${wanted}' cannot be set`
    : `The agent has no ${what} '${wanted}'. It offers ${names.slice(0, SHOWN).join(', ')}${more}`)
}

/** Names that agents give to modes in which they act unasked, and in which they ask. */
export const UNASKED = /auto|yolo|bypass|full|accept|trust|unattended|dangerous|write/i
const ASKS = /^(default|ask|manual|approve|read[-_ ]?only|normal|suggest)$/i

/**
 * The mode to work in: the one that is wanted, else the one the agent is in, if it asks there. undefined: leave it. Throws AgentError where that
 * is not to be had; an agent that acts unasked is never come by silently.
 */
export function modeFor (choice: Choice, wanted: string | undefined, unasked: RegExp): string | undefined {
  const { current, offered } = choice
  if (wanted !== undefined) {
    mustOffer(choice, wanted, 'mode')
    return wanted
  }
  if (current === undefined || !unasked.test(current)) return undefined
  const asking = [...offered.keys()].find(id => ASKS.test(id) && !unasked.test(id))
  if (asking === undefined) throw new AgentError(`The agent begins in the mode '${current}', in which it may act unasked. Set the team's \`mode\` to one of ${[...offered.keys()].join(', ')}`)
  return asking
}
