import type { ToolCall } from './frame.ts'
import type { Preset } from './preset.ts'

/** A tool call as it is known by now. */
export interface Call {
  readonly id: string
  /** All that was said of it, newest first where it was said twice. */
  known: ToolCall
  /** What it was called at first. */
  readonly first: string | undefined
  /** Whether the call, with its input, is on record. */
  told: boolean
  ended: boolean
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isEmpty = (value: unknown) => value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0)

/** What is said of a call is added to what is known of it; a field that is missing, null or empty says nothing. */
export function merged (known: ToolCall, news: ToolCall): ToolCall {
  const said = Object.fromEntries(Object.entries(news).filter(([key, value]) => key !== 'sessionUpdate' && !isEmpty(value)))
  const both = isObject(known.rawInput) && isObject(news.rawInput) ? { rawInput: { ...known.rawInput, ...news.rawInput } } : {}
  return { ...known, ...said, ...both }
}

export const hasInput = ({ rawInput }: ToolCall) => !isEmpty(rawInput)

export const hasEnded = ({ status }: ToolCall) => status === 'completed' || status === 'failed'

/** The name of the tool, for people and for rules. Where nothing says it, its sort, e.g. edit or execute. */
export function toolOf ({ known, first }: Call, preset: Preset): string {
  return known.name ?? known._meta?.claudeCode?.toolName ?? preset.tool?.(known, first) ?? known.kind ?? 'other'
}

/**
 * What the tool is given. Where the agent does not say it, what it shows of it: the files, and for a command its title, which may be
 * shortened: the line break after it keeps any rule from allowing it, and none from denying it.
 */
export function inputOf ({ known }: Call): Record<string, unknown> {
  if (isObject(known.rawInput) && hasInput(known)) return known.rawInput
  const { title, kind, locations, content, rawInput } = known
  const diffs = (content ?? []).filter(one => one.type === 'diff')
  const paths = [...new Set([...(locations ?? []), ...diffs].flatMap(({ path }) => path === undefined ? [] : [path]))]
  return {
    ...(!isEmpty(rawInput) && { input: rawInput }),
    ...(typeof title === 'string' && (kind === 'execute' ? { command: `${title}\n` } : { title })),
    ...(paths.length > 0 && { paths }),
    ...(diffs.length > 0 && { diffs: diffs.map(({ path, oldText, newText }) => ({ path, oldText, newText })) })
  }
}
