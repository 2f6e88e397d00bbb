import type { ToolCall, Update } from './frame.ts'

/** What one program is like that speaks ACP, where the protocol does not say it. */
export interface Preset {
  /** Absent: the team's `command` says it. */
  readonly program?: string
  /** What it is started with, before the team's own arguments. */
  readonly args: readonly string[]
  /** Its environment, where the team says nothing else. */
  readonly env?: Readonly<Record<string, string>>
  /** How to come by it. */
  readonly install?: string
  /** How to log in, a sentence. */
  readonly login: string
  /** The method to authenticate by, where this environment has what it needs. */
  authenticate? (env: Readonly<Record<string, string>>): string | undefined
  /** The mode in which it asks before it acts. Absent: chosen from what it offers. */
  readonly asks?: string
  /** Ids of the modes in which it acts unasked. */
  readonly unasked: RegExp
  /** `_meta` of a new, loaded or forked session. */
  readonly meta?: Readonly<Record<string, unknown>>
  /** It keeps its conversations by the minute in which they began, and destroys one that it goes on with in that minute. */
  readonly byMinute?: boolean
  /** Two that make its data directory at once get in each other's way: the first start goes before the others. */
  readonly firstAlone?: boolean
  /** The name of the tool behind a call, where the call does not say it as `name`. `first` is how the call was first called. */
  tool? (call: ToolCall, first: string | undefined): string | undefined
  /** Whether a piece of text is the program's own word and not of the answer. */
  notice? (update: Update): boolean
}
