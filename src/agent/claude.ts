import type { Agent, AgentOptions, Capabilities, Kind, Program, Start } from './agent.ts'
import { checkClaude, CLAUDE_FIELDS, claudeFlags } from './claude-options.ts'
import { claudeLogin } from './claude-login.ts'
import { conversationFlags, startStreamJson } from './stream-json.ts'
import { nameOnPipe } from './tool-calls.ts'
import { recordOfClaude } from './transcript.ts'

/** How often the program calls its model service again before a turn fails: about half a minute. Its own default is minutes. */
export const RETRIES = '6'

/**
 * Tools by which the Claude sessions of one user list and address each other, unasked. Between teams there is Iris,
 * which knows who may speak to whom.
 */
export const WITHHELD = ['SendMessage', 'ListAgents']

const CAPABILITIES: Capabilities = { resume: true, fork: true, images: true, documents: true, schema: true }

const VARIABLES = /^(ANTHROPIC_\w+|CLAUDE_CONFIG_DIR|CLAUDE_CODE_(OAUTH_TOKEN|USE_\w+|SKIP_\w+_AUTH|DISABLE_\w+|MAX_\w+|SUBAGENT_MODEL|EFFORT_LEVEL)|DISABLE_(TELEMETRY|AUTOUPDATER|ERROR_REPORTING|BUG_COMMAND|COST_WARNINGS|PROMPT_CACHING\w*)|API_TIMEOUT_MS|BASH_\w+_(TIMEOUT_MS|LENGTH)|MAX_THINKING_TOKENS|MCP_(TOOL_)?TIMEOUT|IS_SANDBOX)$/

/** Clouds that it may be reached through: what they need goes along only where they are chosen. */
const CLOUDS: ReadonlyArray<readonly [choice: string, names: RegExp]> = [
  ['CLAUDE_CODE_USE_BEDROCK', /^AWS_\w+$/],
  ['CLAUDE_CODE_USE_VERTEX', /^(GOOGLE_\w+|GCLOUD_PROJECT|CLOUD_ML_REGION|VERTEX_REGION_\w+)$/],
  ['CLAUDE_CODE_USE_FOUNDRY', /^AZURE_\w+$/]
]

export const claude: Kind = {
  program: 'claude',
  install: 'install Claude Code',
  pipe: true,
  environment: base => [VARIABLES, ...CLOUDS.filter(([choice]) => base[choice]).map(([, names]) => names)],
  fields: CLAUDE_FIELDS,
  check: checkClaude,
  login: claudeLogin,
  create: createClaude
}

/** Claude Code, by its own stream-json protocol. The program is `claude` on PATH; it is not part of Iris. */
export function createClaude (options: AgentOptions): Agent {
  return { start: start => startStreamJson(claudeProgram(start), start, options, CAPABILITIES), record: recordOfClaude }
}

/** What is run for a start. */
export function claudeProgram ({ command = claude.program!, args = [], model, options = {}, env, ...start }: Start): Program {
  return {
    command,
    cwd: start.cwd,
    args: [
      '-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose',
      '--include-partial-messages', '--replay-user-messages', '--permission-prompt-tool', 'stdio',
      '--disallowedTools', [...WITHHELD, ...options.disallowedTools ?? []].join(','),
      // Each of Iris's by its name: the user may have a server of the same name, whose other tools are none of these.
      ...claudeFlags({ ...options, allowedTools: [...(start.tools?.names ?? []).map(nameOnPipe), ...options.allowedTools ?? []] }),
      ...conversationFlags(start),
      ...(model === undefined ? [] : ['--model', model]),
      ...args
    ],
    env: {
      CLAUDE_CODE_MAX_RETRIES: RETRIES,
      CLAUDE_CODE_FORWARD_SUBAGENT_TEXT: '1',
      ...env,
      CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '1',
      CLAUDE_CODE_STARTUP_FAILURE_RESULTS: '1'
    }
  }
}
