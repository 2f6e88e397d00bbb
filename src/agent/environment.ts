import type { AgentName } from '../../schemas/team.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What any program needs to find its files, speak the right language and reach the network. */
const COMMON = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLORTERM|TMPDIR|TMP|TEMP|XDG_[A-Z]+_(HOME|DIR)|(https?|all|no)_proxy|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$/

const KINDS: Record<AgentName, RegExp> = {
  claude: /^(ANTHROPIC_\w+|CLAUDE_CONFIG_DIR|CLAUDE_CODE_(OAUTH_TOKEN|USE_\w+|SKIP_\w+_AUTH|DISABLE_\w+|MAX_\w+|SUBAGENT_MODEL|EFFORT_LEVEL)|DISABLE_(TELEMETRY|AUTOUPDATER|ERROR_REPORTING|BUG_COMMAND|COST_WARNINGS|PROMPT_CACHING\w*)|API_TIMEOUT_MS|BASH_\w+_(TIMEOUT_MS|LENGTH)|MAX_THINKING_TOKENS|MCP_(TOOL_)?TIMEOUT|IS_SANDBOX)$/,
  echo: /^ECHO_\w+$/
}

/** Clouds that Claude may be reached through: what they need goes along only where they are chosen. */
const CLOUDS: ReadonlyArray<readonly [choice: string, names: RegExp]> = [
  ['CLAUDE_CODE_USE_BEDROCK', /^AWS_\w+$/],
  ['CLAUDE_CODE_USE_VERTEX', /^(GOOGLE_\w+|GCLOUD_PROJECT|CLOUD_ML_REGION|VERTEX_REGION_\w+)$/],
  ['CLAUDE_CODE_USE_FOUNDRY', /^AZURE_\w+$/]
]

/**
 * What of `base`, the server's own environment, an agent may have: an allow list, since the rest is secrets, marks of
 * an agent that Iris itself may run in, and chance.
 */
export function allowedEnvironment (base: Environment, kind: AgentName): Record<string, string> {
  const allowed = [COMMON, KINDS[kind]]
  if (kind === 'claude') allowed.push(...CLOUDS.filter(([choice]) => base[choice]).map(([, names]) => names))
  return Object.fromEntries(Object.entries(base).filter((entry): entry is [string, string] =>
    entry[1] !== undefined && allowed.some(names => names.test(entry[0]))))
}
