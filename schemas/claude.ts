import { Type, type Static, type TObject } from '@sinclair/typebox'
import { OneOf } from './one-of.ts'

/** A rule of tools: `Bash`, `Bash(git log *)`, `mcp__github__search`. It becomes a word of a command line: none begins with a dash. */
const ToolRule = Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_.:*-]*(\\([^()\\u0000-\\u001f\\u007f]+\\))?$', description: 'The name of a tool, or with a pattern: Bash, Bash(git log *), mcp__github__search' })

const Variables = Type.Record(Type.String(), Type.String())

/** One MCP server of the agent's own, as Claude Code writes it. */
const McpServer = Type.Object({
  type: Type.Optional(OneOf(['stdio', 'http', 'sse'])),
  command: Type.Optional(Type.String({ minLength: 1 })),
  args: Type.Optional(Type.Array(Type.String())),
  env: Type.Optional(Variables),
  url: Type.Optional(Type.String({ pattern: '^https?://' })),
  headers: Type.Optional(Variables)
}, { additionalProperties: false, description: 'Either `command`, with `args` and `env`, or `url`, with `type: http` or `sse` and `headers`' })

/** What a team whose agent is Claude Code may say of it, beside `model`. All of it holds from the agent's next start on. */
export const ClaudeOptions = {
  permissionMode: Type.Optional(OneOf(['default', 'acceptEdits', 'plan', 'dontAsk', 'bypassPermissions'], { description: 'What Claude Code does without asking; its questions then go to `permissions`. bypassPermissions asks nothing: only with `permissions: allow`' })),
  systemPrompt: Type.Optional(Type.String({ minLength: 1, maxLength: 100_000, description: 'Added to the system prompt of Claude Code' })),
  allowedTools: Type.Optional(Type.Array(ToolRule, { minItems: 1, maxItems: 200, description: 'Tools that it uses without asking' })),
  disallowedTools: Type.Optional(Type.Array(ToolRule, { minItems: 1, maxItems: 200, description: 'Tools that it does not have' })),
  maxTurns: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Model calls of one tell at most' })),
  maxBudgetUsd: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, description: 'US dollars that one process of the agent may spend, by its own count; then its tells fail until it has slept' })),
  mcpServers: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' }), McpServer, { additionalProperties: false, description: 'MCP servers for the agent, by name. They stand in its command line: secrets belong into `env`' }))
}

export type ClaudeOptions = Static<TObject<typeof ClaudeOptions>>
