import t from 'tap'
import { allowedEnvironment } from '../../src/agent/environment.ts'
import { KINDS } from '../../src/agent/kinds.ts'

const environmentOf = (base: Record<string, string | undefined>, kind: string) => allowedEnvironment(base, KINDS.get(kind)!.environment(base))

const base = {
  PATH: '/bin',
  HOME: '/home/u',
  LC_ALL: 'C.UTF-8',
  https_proxy: 'http://p:1',
  NODE_EXTRA_CA_CERTS: '/ca.pem',
  XDG_CONFIG_HOME: '/home/u/.config',
  ANTHROPIC_API_KEY: 'k',
  ANTHROPIC_BASE_URL: 'http://127.0.0.1:1',
  CLAUDE_CONFIG_DIR: '/c',
  CLAUDE_CODE_OAUTH_TOKEN: 't',
  CLAUDE_CODE_MAX_RETRIES: '1',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_TELEMETRY: '1',
  ECHO_LOG: '/log'
}

const secrets = {
  CLAUDECODE: '1',
  CLAUDE_CODE_ENTRYPOINT: 'cli',
  CLAUDE_CODE_SSE_PORT: '1',
  IRIS_API_KEY: 's',
  IRIS_CHILD: 'c',
  AWS_SECRET_ACCESS_KEY: 's',
  GITHUB_TOKEN: 's',
  OPENAI_API_KEY: 's',
  NODE_OPTIONS: '--require=/x',
  LD_PRELOAD: '/x.so',
  MY_PATH: 's',
  PATHS: 's',
  DATABASE_URL: 's'
}

t.test('Claude gets what it works with and nothing else', async t => {
  const { ECHO_LOG: _, ...expected } = base
  t.strictSame(environmentOf({ ...base, ...secrets }, 'claude'), expected)
})

t.test('Echo gets no key of Claude\'s', async t => {
  const names = Object.keys(environmentOf({ ...base, ...secrets }, 'echo'))
  t.strictSame(names, ['PATH', 'HOME', 'LC_ALL', 'https_proxy', 'NODE_EXTRA_CA_CERTS', 'XDG_CONFIG_HOME', 'ECHO_LOG'])
})

t.test('Each of the others gets what begins with its own name', async t => {
  const keys = { CODEX_HOME: 'c', OPENAI_API_KEY: 'k', GEMINI_API_KEY: 'k', GOOGLE_CLOUD_PROJECT: 'p', OPENCODE_CONFIG: 'c', GOOSE_PROVIDER: 'p', ANTHROPIC_API_KEY: 'k', MY_OPENAI_API_KEY: 's' }
  const namesOf = (kind: string) => Object.keys(environmentOf(keys, kind))
  t.strictSame(namesOf('acp'), [])
  t.strictSame(namesOf('claude-acp'), ['ANTHROPIC_API_KEY'])
  t.strictSame(namesOf('codex'), ['CODEX_HOME', 'OPENAI_API_KEY'])
  t.strictSame(namesOf('gemini'), ['GEMINI_API_KEY', 'GOOGLE_CLOUD_PROJECT'])
  t.strictSame(namesOf('opencode'), ['OPENCODE_CONFIG'])
  t.strictSame(namesOf('goose'), ['GOOSE_PROVIDER'])
})

t.test('The keys of a cloud go along only where that cloud is chosen', async t => {
  const clouds = { AWS_REGION: 'r', GOOGLE_APPLICATION_CREDENTIALS: '/g', AZURE_CLIENT_ID: 'z' }
  t.strictSame(environmentOf(clouds, 'claude'), {})
  t.strictSame(environmentOf({ ...clouds, CLAUDE_CODE_USE_BEDROCK: '1' }, 'claude'), { AWS_REGION: 'r', CLAUDE_CODE_USE_BEDROCK: '1' })
  t.strictSame(environmentOf({ ...clouds, CLAUDE_CODE_USE_BEDROCK: '1' }, 'echo'), {})
})

t.test('What is not set stays unset', async t => {
  t.strictSame(environmentOf({ PATH: undefined, HOME: '/h' }, 'echo'), { HOME: '/h' })
})
