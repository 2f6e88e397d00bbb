/* eslint no-template-curly-in-string: off -- what is tested here looks like a template */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError, loadConfig, locateConfig, type Environment } from '../../src/config.ts'
import { shipped } from '../../src/version.ts'

/** A directory with this text as its config.yaml. */
function written (t: Test, text: string): string {
  return t.testdir({ 'config.yaml': text, project: {} })
}

const load = (t: Test, text: string, env: Environment = {}) => loadConfig({ env, cwd: written(t, text) })

function problems (t: Test, text: string, env: Environment = {}): readonly string[] {
  const cwd = written(t, text)
  try {
    loadConfig({ env, cwd })
  } catch (err) {
    if (err instanceof ConfigError) return err.problems
    throw err
  }
  return t.fail('no ConfigError') ? [] : []
}

t.test('the shipped file is valid, with the demonstration team awake-able', async t => {
  const config = load(t, shipped('config.yaml'))
  t.strictSame([...config.teams.keys()], ['echo'])
  t.equal(config.teams.get('echo')!.agent, 'echo')
  t.equal(config.teams.get('echo')!.unavailable, undefined)
  t.equal(config.settings.httpPort, 1615)
})

t.test('every example in the shipped file is valid once its comment sign is taken away', async t => {
  const text = shipped('config.yaml').replaceAll(/^( *)# (?= *- | *[a-z]\w*:)/gm, '$1')
  t.match(text, /^ {2}backend:$/m)
  t.match(text, /^ {2}apiKeys:$/m)
  const config = load(t, text, { IRIS_CI_KEY: '0123456789abcdef' })
  t.equal(config.teams.get('backend')!.idleTimeout, 30 * 60_000)
  t.equal(config.api.apiKeys[0]!.name, 'CI/CD Pipeline')
  t.same(config.webhooks.allow, ['10.1.0.0/16', 'hooks.internal'])
})

t.test('an empty file is all defaults: durations in ms, limits, no team', async t => {
  const { settings, api, teams, file, home } = load(t, '')
  t.match(settings, { httpPort: 1615, host: '127.0.0.1', maxProcesses: 10, idleTimeout: 3_600_000, responseTimeout: 120_000, tellTimeout: 30_000 })
  t.match(api, { enabled: true, requireAuth: true, apiKeys: [], cors: [], rateLimit: { max: 100, window: 900_000, tells: 10, tellWindow: 60_000 } })
  t.equal(teams.size, 0)
  t.equal(file, join(t.testdirName, 'config.yaml'))
  t.equal(home, join(t.testdirName, '.iris'))
})

t.test('a section whose lines are all comments counts as absent', async t => {
  t.equal(load(t, 'settings:\n  # httpPort: 1\napi:\nteams:\n').settings.httpPort, 1615)
})

t.test('what is read is frozen, and two readings share nothing', async t => {
  const one = load(t, 'teams: { a: { path: . } }')
  const two = load(t, 'teams: { a: { path: . } }')
  t.throws(() => { (one.settings as { httpPort: number }).httpPort = 1 }, TypeError)
  t.throws(() => { (one.api.apiKeys as unknown[]).push(1) }, TypeError)
  t.throws(() => { (one.teams.get('a') as { path: string }).path = '/' }, TypeError)
  t.not(one.api.apiKeys, two.api.apiKeys)
})

t.test('a whole value without quotes is typed by what the variable holds; a quoted one stays text', async t => {
  const text = 'settings:\n  httpPort: ${P:-1615}\n  idleTimeout: ${IDLE:-5m}\napi:\n  enabled: ${ON:-true}\n'
  t.equal(load(t, text, { P: '0' }).settings.httpPort, 0)
  t.equal(load(t, text).api.enabled, true)
  t.equal(load(t, text, { ON: 'false' }).api.enabled, false)
  t.equal(load(t, text, { IDLE: '250' }).settings.idleTimeout, 250)
  t.equal(load(t, text).settings.idleTimeout, 300_000)
  t.match(problems(t, 'settings:\n  httpPort: "${P:-1615}"\n'), [/'settings.httpPort' must be a whole number, not text/])
  t.match(problems(t, text, { ON: 'no' }), [/'api.enabled' must be true or false, not text/])
})

t.test('a text of digits from a variable stays text where text is wanted', async t => {
  const key = '12345678901234567890'
  const config = load(t, 'api:\n  apiKeys:\n    - { name: "${N}", key: "x${K}", permissions: [tell] }\n    - name: b\n      key: ${K}\n      permissions: [tell]\n', { K: key, N: '7' })
  t.strictSame(config.api.apiKeys.map(one => [one.name, one.key]), [['7', `x${key}`], ['b', key]])
})

t.test('an empty variable where no text is wanted leaves the default', async t => {
  t.equal(load(t, 'settings:\n  httpPort: ${P}\n', { P: '' }).settings.httpPort, 1615)
})

t.test('permissions are a word or rules, and deny where nothing is said', async t => {
  const { teams } = load(t, 'teams:\n  a: { path: . }\n  b: { path: ., permissions: ask }\n  c:\n    path: .\n    permissions:\n      rules:\n        - { tool: Write, path: src/**, then: allow }\n')
  t.same([...teams.values()].map(({ permissions }) => permissions), ['deny', 'ask', { rules: [{ tool: 'Write', path: 'src/**', then: 'allow' }], otherwise: 'deny' }])
})

t.test('a mode in which nobody is asked goes with a policy that allows everything', async t => {
  const { teams } = load(t, 'teams:\n  a: { path: ., agent: gemini, mode: yolo, permissions: allow }\n  b: { path: ., agent: acp, command: x, args: [acp], mode: plan }\n')
  t.match(teams.get('a'), { mode: 'yolo' })
  t.match(teams.get('b'), { agent: 'acp', command: 'x', mode: 'plan' })
})

t.test('variables stand anywhere in values, also several, also in lists; keys are left alone', async t => {
  const config = load(t, 'teams:\n  a:\n    path: .\n    description: ${A:-1}/${B:-2}\n    args: [--x, "${C}"]\n    env: { HOME_TOO: "$${HOME}" }\n', { C: 'c' })
  t.match(config.teams.get('a'), { description: '1/2', args: ['--x', 'c'], env: { HOME_TOO: '${HOME}' } })
})

t.test('reach is a word or a list of teams, and is not there where nothing is said', async t => {
  const { teams } = load(t, 'teams:\n  a: { path: . }\n  b: { path: ., reach: false }\n  c: { path: ., reach: [a, b] }\n')
  t.strictSame([...teams.values()].map(({ reach }) => reach), [undefined, false, ['a', 'b']])
})

const broken: [title: string, text: string, said: RegExp[]][] = [
  ['an unknown key names the nearest one and the line', 'settings:\n  httport: 1\n', [/^line 2: unknown key 'settings.httport'; did you mean 'httpPort'\?$/]],
  ['an unknown key that is near to none names them all', 'colour: blue\n', [/^line 1: unknown key 'colour'; known are settings, api, webhooks, metrics, tracing, teams$/]],
  ['an unknown key of a team', 'teams:\n  a:\n    path: .\n    permission: allow\n', [/^line 4: unknown key 'teams.a.permission'; did you mean 'permissions'\?/]],
  ['a key twice', 'teams:\n  a: { path: . }\n  a: { path: .. }\n', [/^line 3: the key 'a' is there twice$/]],
  ['no YAML', 'a: [\n', [/^line 2: not YAML: |^line 1: not YAML: /]],
  ['several documents', 'teams: {}\n---\nteams: {}\n', [/not YAML/]],
  ['a list instead of keys', '- a\n', [/the file must be a set of keys, not a list/]],
  ['a text instead of keys', 'hello\n', [/the file must be a set of keys, not text/]],
  ['a text instead of a number', 'settings:\n  maxProcesses: many\n', [/^line 2: 'settings.maxProcesses' must be a whole number, not text/]],
  ['a port out of range', 'settings: { httpPort: 70000 }\n', [/^line 1: 'settings.httpPort' must be at most 65535/]],
  ['not a number', 'settings: { httpPort: .nan }\n', [/'settings.httpPort' must be a whole number/]],
  ['no duration', 'settings:\n  idleTimeout: 3 weeks\n', [/^line 2: 'settings.idleTimeout' must be a duration: /]],
  ['a misspelt choice', 'teams:\n  a: { path: ., agent: cluade }\n', [/^line 2: 'teams.a.agent' must be one of claude, .*did you mean 'claude'\?/]],
  ['a reach that is neither', 'teams:\n  a: { path: ., reach: b }\n', [/^line 2: 'teams.a.reach' must be true or false or a list, not text/]],
  ['a reach that holds no team name', 'teams:\n  a: { path: ., reach: [B] }\n', [/^line 2: 'teams.a.reach.0' is malformed .*Team name/]],
  ['a key that is named like an agent', 'api:\n  apiKeys:\n    - { name: "agent:a", key: 0123456789abcdef, permissions: [tell] }\n', [/^line 3: 'api.apiKeys.0.name' is malformed .*agent:/]],
  ['an agent that speaks ACP, and not which', 'teams:\n  a: { path: ., agent: acp }\n', [/^line 2: 'teams.a.command' is missing: the program /]],
  ['a mode of an agent that has none', 'teams:\n  a:\n    path: .\n    agent: echo\n    mode: plan\n', [/^line 5: 'teams.a.mode' is not for agent echo/]],
  ['a mode in which nobody is asked', 'teams:\n  a:\n    path: .\n    agent: gemini\n    permissions: ask\n    mode: yolo\n', [/^line 6: 'teams.a.mode' 'yolo' is a mode in which the agent may act unasked, which only `permissions: allow` allows/]],
  ['a misspelt answer to permission questions', 'teams:\n  a: { path: ., permissions: alow }\n', [/^line 2: 'teams.a.permissions' is malformed; did you mean 'allow'\? .*allow, ask \(people decide\), deny; or \{ rules, otherwise \}/]],
  ['permissions that are neither', 'teams:\n  a: { path: ., permissions: 7 }\n', [/^line 2: 'teams.a.permissions' must be text or a set of keys, not a number/]],
  ['a misspelt key of a rule', 'teams:\n  a:\n    path: .\n    permissions:\n      rules:\n        - { tool: Write, paht: x, then: allow }\n', [/^line 6: unknown key 'teams.a.permissions.rules.0.paht'; did you mean 'path'\?/]],
  ['a rule without an end', 'teams:\n  a: { path: ., permissions: { rules: [{ tool: Write }] } }\n', [/'teams.a.permissions.rules.0.then' is missing/]],
  ['a team without a path', 'teams:\n  a: { agent: echo }\n', [/^line 2: 'teams.a.path' is missing/]],
  ['a team name in capitals', 'teams:\n  BackEnd: { path: . }\n', [/^line 2: 'teams.BackEnd' is no team name: .*'backend'$/]],
  ['a variable that is not set names the field', 'settings:\n  host: ${NOPE}\n', [/^line 2: 'settings.host': the environment variable NOPE is not set/]],
  ['a variable in a list', 'api:\n  cors:\n    - https://a.example\n    - ${NOPE}\n', [/^line 4: 'api.cors.1': /]],
  ['an origin with a path', 'api:\n  cors:\n    - https://a.example/x\n', [/^line 3: 'api.cors.0' is malformed/]],
  ['a number where the environment wants text', 'teams:\n  a: { path: ., env: { N: 1 } }\n', [/^line 2: 'teams.a.env.N' must be text, not a number/]],
  ['all problems, in the order of their lines', 'teams:\n  a: { pth: . }\nsettings:\n  host: 1\n', [/^line 2: /, /^line 2: /, /^line 4: /]],
  ['a field of another kind of agent', 'teams:\n  a: { path: ., agent: echo, maxTurns: 3 }\n', [/^line 2: 'teams.a.maxTurns' is not for agent echo, which does not know it; claude does$/]],
  ['a rule of tools that begins with a dash', 'teams:\n  a: { path: ., allowedTools: [--model] }\n', [/^line 2: 'teams.a.allowedTools.0' is malformed/]],
  ['a rule of tools of two lines', 'teams:\n  a: { path: ., disallowedTools: ["Bash(a\\nb)"] }\n', [/'teams.a.disallowedTools.0' is malformed/]],
  ['an unknown permission mode', 'teams:\n  a: { path: ., permissionMode: acceptEdit }\n', [/'teams.a.permissionMode' must be one of default, .*did you mean 'acceptEdits'/]],
  ['a mode that asks nothing, where people are to be asked', 'teams:\n  a: { path: ., permissions: ask, permissionMode: bypassPermissions }\n', [/'teams.a.permissionMode' is bypassPermissions, .*permissions: allow/]],
  ['a budget of nothing', 'teams:\n  a: { path: ., maxBudgetUsd: 0 }\n', [/'teams.a.maxBudgetUsd' must be more than 0/]],
  ['an MCP server that is neither here nor there', 'teams:\n  a:\n    path: .\n    mcpServers:\n      x: { args: [a] }\n', [/^line 5: 'teams.a.mcpServers.x' must have either `command` or `url`$/]],
  ['an MCP server at an address without a type', 'teams:\n  a: { path: ., mcpServers: { x: { url: "https://x.example" } } }\n', [/its `type` is http or sse/]],
  ['an MCP server with a name that is none', 'teams:\n  a: { path: ., mcpServers: { "-x": { command: a } } }\n', [/'teams.a.mcpServers.-x' is no name/]],
  ['a short key', 'api:\n  apiKeys:\n    - { name: a, key: short, permissions: [tell] }\n', [/^line 3: 'api.apiKeys.0.key' must have at least 16 characters/]],
  ['a hash that is none', 'api:\n  apiKeys:\n    - { name: a, key: "sha256:12345678901234567890", permissions: [tell] }\n', [/^line 3: 'api.apiKeys.0.key' must be `sha256:` and 64 hex digits/]],
  ['an unknown permission', 'api:\n  apiKeys:\n    - { name: a, key: 0123456789abcdefg, permissions: [tel] }\n', [/'api.apiKeys.0.permissions.0' must be one of tell, .*did you mean 'tell'\?/]],
  ['two keys of one name', 'api:\n  apiKeys:\n    - { name: a, key: 0123456789abcdefg, permissions: [tell] }\n    - { name: a, key: 0123456789abcdefh, permissions: [tell] }\n', [/^line 4: 'api.apiKeys.1.name' is 'a', as is api.apiKeys.0/]],
  ['two keys that would speak as one', 'api:\n  apiKeys:\n    - { name: CI/CD, key: 0123456789abcdefg, permissions: [tell] }\n    - { name: x, as: [ci-cd], key: 0123456789abcdefi, permissions: [tell] }\n    - { name: ci cd, key: 0123456789abcdefh, permissions: [tell] }\n', [/^line 5: 'api.apiKeys.2.name' is 'ci cd', which would speak as 'ci-cd', as 'CI\/CD' does/]],
  ['the same key twice', 'api:\n  apiKeys:\n    - { name: a, key: 0123456789abcdefg, permissions: [tell] }\n    - { name: b, key: 0123456789abcdefg, permissions: [tell] }\n', [/^line 4: 'api.apiKeys.1.key' is the same/]],
  ['an expiry that is no date', 'api:\n  apiKeys:\n    - { name: a, key: 0123456789abcdefg, permissions: [tell], expires: soon }\n', [/^line 3: 'api.apiKeys.0.expires' must be an ISO 8601/]],
  ['an address others reach, without keys', 'settings: { host: 0.0.0.0 }\napi: { requireAuth: false }\n', [/^line 2: 'api.requireAuth' is false, but others reach the address 0\.0\.0\.0/]]
]

for (const [title, text, said] of broken) {
  t.test(`refused: ${title}`, async t => {
    const found = problems(t, text)
    t.match(found, said)
    t.equal(found.length, said.length, found.join('\n'))
  })
}

t.test('no value is shown in an error: it may be a secret', async t => {
  const text = 'api:\n  apiKeys:\n    - { name: a, key: "${K}", permissions: [tell] }\n'
  t.notMatch(problems(t, text, { K: 'hunter2' }).join(), /hunter2/)
})

t.test('many problems are counted, the first ones shown', async t => {
  const text = Array.from({ length: 20 }, (_, i) => `x${i}: 1`).join('\n')
  t.throws(() => load(t, text), { message: /has 20 problems:\n(.*\n){8} {2}and 12 more$/ })
})

t.test('without keys on a loopback address is fine', async t => {
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '"::1"']) t.equal(load(t, `settings: { host: ${host} }\napi: { requireAuth: false }\n`).api.requireAuth, false)
})

t.test('names of the language itself are plain team names', async t => {
  t.equal(load(t, '').teams.get('constructor'), undefined)
  t.equal(load(t, 'teams: { constructor: { path: . } }').teams.get('constructor')!.name, 'constructor')
  t.match(problems(t, 'teams: { __proto__: { path: . } }'), [/'teams.__proto__' is no team name/])
})

t.test('a team whose directory is missing or no directory is unavailable; the others are not', async t => {
  const { teams } = load(t, 'teams:\n  here: { path: project }\n  gone: { path: ./nowhere }\n  file: { path: config.yaml }\n')
  t.equal(teams.get('here')!.path, join(t.testdirName, 'project'))
  t.equal(teams.get('here')!.unavailable, undefined)
  t.match(teams.get('gone')!.unavailable, /nowhere does not exist/)
  t.match(teams.get('file')!.unavailable, /is no directory/)
})

t.test('a team has a deadline of its own only where it says so', async t => {
  const { teams } = load(t, 'settings: { idleTimeout: 5m }\nteams: { a: { path: . }, b: { path: ., idleTimeout: 10s } }')
  t.equal(teams.get('a')!.idleTimeout, undefined)
  t.equal(teams.get('b')!.idleTimeout, 10_000)
})

t.test('sizes are bytes once they are read', async t => {
  const { settings } = load(t, 'settings: { maxLogSize: 1.5kb, maxSessionSize: 7 }')
  t.equal(settings.maxLogSize, 1536)
  t.equal(settings.maxSessionSize, 7)
  t.equal(load(t, '').settings.maxLogSize, 1024 ** 3)
  t.match(problems(t, 'settings: { maxLogSize: 1 gig }'), [/'settings.maxLogSize' is malformed .*512kb, 64mb, 1gb/])
})

t.test('where webhooks may go is addresses, ranges and host names', async t => {
  t.same(load(t, '').webhooks, { allow: [], timeout: 15_000, retryFor: 86_400_000, keepDeliveries: 7 * 86_400_000 })
  const allow = ['127.0.0.1', '::1', '10.0.0.0/8', 'fd00::/8', '0.0.0.0/0', 'localhost', 'a-b.example_1.internal']
  t.same(load(t, `webhooks: { allow: ${JSON.stringify(allow)} }`).webhooks.allow, allow)
  for (const one of ['10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', 'fd00::/129', '1.2.3', '256.1.1.1', 'http://localhost', 'localhost:80', '*.internal', '-a', 'a..b', 'a/8', '::1/-1', '::1/']) {
    t.match(problems(t, `webhooks:\n  allow: [ok, '${one}']\n`), [/^line 2: 'webhooks.allow.1' must be an address, a range such as 10\.1\.0\.0\/16, or a host name$/], one)
  }
})

t.test('flag, then environment, then file, then default', async t => {
  const cwd = t.testdir({ 'config.yaml': 'settings: { httpPort: 3 }', other: { 'iris.yaml': 'settings: { httpPort: 4 }' } })
  const port = (options: object) => loadConfig({ env: {}, cwd, ...options }).settings.httpPort
  t.equal(port({}), 3)
  t.equal(port({ env: { IRIS_HTTP_PORT: '2' } }), 2)
  t.equal(port({ env: { IRIS_HTTP_PORT: '2' }, port: 1 }), 1)
  t.equal(port({ env: { IRIS_HTTP_PORT: '' } }), 3)
  t.equal(port({ env: { IRIS_CONFIG: 'other/iris.yaml' } }), 4)
  t.equal(port({ env: { IRIS_CONFIG: 'other/iris.yaml' }, file: 'config.yaml' }), 3)
  t.throws(() => port({ env: { IRIS_HTTP_PORT: 'http' } }), { message: /IRIS_HTTP_PORT.*0 to 65535/ })

  const home = (options: object) => locateConfig({ env: {}, cwd, ...options }).home
  t.equal(home({}), join(cwd, '.iris'))
  t.equal(home({ file: 'other/iris.yaml' }), join(cwd, 'other/.iris'))
  t.equal(home({ env: { IRIS_HOME: 'data' } }), join(cwd, 'data'))
  t.equal(home({ env: { IRIS_HOME: 'data' }, home: '/tmp/x' }), '/tmp/x')
})

t.test('relative paths in the file are relative to the file, wherever it is read from', async t => {
  const cwd = t.testdir({ deep: { 'iris.yaml': 'teams: { a: { path: ../sub } }' }, sub: {} })
  t.equal(loadConfig({ env: {}, cwd: '/', file: join(cwd, 'deep/iris.yaml') }).teams.get('a')!.path, join(cwd, 'sub'))
})

t.test('no file at all names the way out; a named one that is missing is named', async t => {
  const cwd = t.testdir({})
  t.throws(() => loadConfig({ env: {}, cwd }), { message: /iris init/ })
  t.throws(() => loadConfig({ env: {}, cwd, file: 'gone.yaml' }), { message: /gone\.yaml: the file does not exist/ })
  mkdirSync(join(cwd, 'folder.yaml'))
  t.throws(() => loadConfig({ env: {}, cwd, file: 'folder.yaml' }), { message: /folder\.yaml: cannot be read/ })
})

t.test('a file that grows itself by aliases is refused', async t => {
  const cwd = t.testdir({})
  const lines = ['a0: &a0 [x, x]', ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`)]
  writeFileSync(join(cwd, 'config.yaml'), lines.join('\n'))
  t.throws(() => loadConfig({ env: {}, cwd }), { message: /alias/i })
})
