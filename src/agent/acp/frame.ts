/** What an agent that speaks ACP says, as far as Iris reads it. Nothing of it is certain but that it is an object. */
export interface Update {
  sessionUpdate?: string
  /** Of chunks. */
  content?: unknown
  messageId?: string | null
  /** usage_update: a running total. */
  cost?: { amount?: number, currency?: string } | null
  /** current_mode_update */
  currentModeId?: string
  /** config_option_update */
  configOptions?: readonly ConfigOption[] | null
  _meta?: Meta | null
}

/** What is known of a tool call. Each frame about it says only what is new. */
export interface ToolCall {
  toolCallId?: string
  title?: string | null
  name?: string | null
  /** The sort of tool, e.g. edit, execute. */
  kind?: string | null
  status?: string | null
  content?: readonly ToolContent[] | null
  locations?: ReadonlyArray<{ path?: string }> | null
  rawInput?: unknown
  rawOutput?: unknown
  _meta?: Meta | null
}

interface ToolContent { type?: string, path?: string, oldText?: string | null, newText?: string }

/** claude-agent-acp says here what the protocol has no field for. */
interface Meta { claudeCode?: { toolName?: string, parentToolUseId?: string | null, kind?: string }, quota?: { token_count?: TokenCount } }

interface TokenCount { input_tokens?: number, output_tokens?: number }

export interface Option { optionId: string, kind?: string, name?: string }

/** session/request_permission */
export interface Question { sessionId?: string, toolCall?: ToolCall, options?: readonly Option[] }

/** The answer to session/prompt. */
export interface Ending {
  stopReason?: string
  usage?: { inputTokens?: number, outputTokens?: number, cachedReadTokens?: number | null, cachedWriteTokens?: number | null } | null
  _meta?: Meta | null
}

interface Choice { value?: string, name?: string, options?: readonly Choice[] }

export interface ConfigOption { id: string, name?: string, category?: string | null, currentValue?: unknown, options?: readonly Choice[] }

/** The answer to session/new, load, resume and fork: what can be chosen in it. */
export interface Opened {
  sessionId?: string
  modes?: { currentModeId?: string, availableModes?: ReadonlyArray<{ id: string, name?: string }> } | null
  /** Not of the protocol's stable part any more, but of what agents say. */
  models?: { currentModelId?: string, availableModels?: ReadonlyArray<{ modelId: string, name?: string }> } | null
  configOptions?: readonly ConfigOption[] | null
}

/** The answer to initialize. */
export interface Initialized {
  protocolVersion?: number
  agentInfo?: { name?: string, version?: string } | null
  authMethods?: ReadonlyArray<{ id: string, name?: string }>
  agentCapabilities?: {
    loadSession?: boolean
    mcpCapabilities?: { http?: boolean }
    sessionCapabilities?: { resume?: object | null, fork?: object | null }
  }
}
