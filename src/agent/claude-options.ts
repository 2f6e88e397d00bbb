import { ClaudeOptions } from '../../schemas/claude.ts'
import type { Choices } from './agent.ts'

/** What a team may say of Claude Code that other kinds may not know. */
export const CLAUDE_FIELDS: readonly string[] = ['model', ...Object.keys(ClaudeOptions)]

/** What the schema of these fields cannot say. */
export function checkClaude (team: Choices): { field: string, text: string } | undefined {
  const { permissionMode, permissions, mcpServers = {} } = team as Choices & Readonly<ClaudeOptions>
  if (permissionMode === 'bypassPermissions' && permissions !== 'allow') {
    return { field: 'permissionMode', text: 'is bypassPermissions, in which nothing is asked: that goes with `permissions: allow` alone' }
  }
  for (const [name, { type, command, url, args, env, headers }] of Object.entries(mcpServers)) {
    const field = `mcpServers.${name}`
    if ((command === undefined) === (url === undefined)) return { field, text: 'must have either `command` or `url`' }
    if (url !== undefined && (type === undefined || type === 'stdio')) return { field, text: 'has a `url`, so its `type` is http or sse' }
    if (command !== undefined && type !== undefined && type !== 'stdio') return { field, text: `has a \`command\`, so its \`type\` is not ${type}` }
    if (url !== undefined ? args !== undefined || env !== undefined : headers !== undefined) return { field, text: '`args` and `env` go with `command`, `headers` with `url`' }
  }
}

/** As words of a command line. Each value is either of a closed form or the JSON text of an object: none can be taken for a flag. */
export function claudeFlags ({ permissionMode, allowedTools, maxTurns, maxBudgetUsd, mcpServers }: Readonly<ClaudeOptions>): string[] {
  return [
    ...(permissionMode === undefined ? [] : ['--permission-mode', permissionMode]),
    ...(allowedTools === undefined || allowedTools.length === 0 ? [] : ['--allowedTools', allowedTools.join(',')]),
    ...(maxTurns === undefined ? [] : ['--max-turns', String(maxTurns)]),
    ...(maxBudgetUsd === undefined ? [] : ['--max-budget-usd', decimal(maxBudgetUsd)]),
    ...(mcpServers === undefined ? [] : ['--mcp-config', JSON.stringify({ mcpServers })])
  ]
}

/** Without an exponent, which command lines do not always read. */
const decimal = (value: number) => value.toFixed(9).replace(/\.?0+$/, '')
