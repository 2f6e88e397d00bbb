import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Rule, Verdict } from '../schemas/permissions.ts'
import { isRuled, judge } from '../src/policy.ts'
import { scratch } from './fixtures/wired.ts'

/** A team's directory with links, beside one that is not the team's. */
function place (t: Test) {
  const home = realpathSync(scratch(t))
  const team = join(home, 'team')
  for (const path of ['team/src/secret', 'team/docs', 'elsewhere/deep']) mkdirSync(join(home, path), { recursive: true })
  writeFileSync(join(home, 'elsewhere/file'), '')
  symlinkSync(join(home, 'elsewhere'), join(team, 'src/out'))
  symlinkSync('../../elsewhere/file', join(team, 'src/file-out'))
  symlinkSync(join(home, 'elsewhere/not-there-yet'), join(team, 'src/dangling'))
  symlinkSync('deeper', join(team, 'src/loop'))
  symlinkSync('loop', join(team, 'src/deeper'))
  symlinkSync('src', join(team, 'alias'))
  symlinkSync('../src/secret', join(team, 'docs/hidden'))
  symlinkSync(join(home, 'elsewhere/deep'), join(team, 'src/deep'))
  symlinkSync(team, join(home, 'team-link'))
  return { home, team }
}

const allowSrc: Rule = { tool: 'Write', path: 'src/**', then: 'allow' }

t.test('one word is the answer to all, and says so', async t => {
  for (const word of ['allow', 'ask', 'deny'] as const) t.same(judge(word, 'Write', {}, '/'), { then: word, rule: `permissions: ${word}` })
})

t.test('the first rule that matches wins, and is named; then the last word', async t => {
  const rules: Rule[] = [{ tool: 'Read', then: 'allow' }, { tool: 'mcp__*__delete*', then: 'deny' }, { tool: 'mcp__*', then: 'ask' }, { tool: 'Read', then: 'deny' }]
  const permissions = { rules, otherwise: 'deny' as const }
  const table: [string, Verdict, RegExp][] = [
    ['Read', 'allow', /^rule 1: Read: allow$/], ['mcp__github__delete_repo', 'deny', /^rule 2/], ['mcp__github__list', 'ask', /^rule 3/],
    ['read', 'deny', /^otherwise: deny$/], ['ReadX', 'deny', /^otherwise/], ['XRead', 'deny', /^otherwise/], ['', 'deny', /^otherwise/]
  ]
  for (const [tool, then, rule] of table) t.match(judge(permissions, tool, {}, '/'), { then, rule }, tool)
  t.match(judge({ rules: [], otherwise: 'ask' }, 'Write', {}, '/'), { then: 'ask' })
})

t.test('a question to a person is never allowed by a policy', async t => {
  for (const tool of ['AskUserQuestion', 'ExitPlanMode']) {
    t.match(judge('allow', tool, {}, '/'), { then: 'ask' })
    t.match(judge({ rules: [{ tool, then: 'allow' }], otherwise: 'deny' }, tool, {}, '/'), { then: 'ask' })
    t.match(judge('deny', tool, {}, '/'), { then: 'deny' })
  }
})

t.test('a path that is really there is allowed', async t => {
  const { home, team } = place(t)
  const good = ['src/a.ts', './src/a.ts', 'src/deep-er/../a.ts', 'src/new/b/c.ts', 'src/.env', 'src/..a', 'src/a b.ts', 'src/$id.tsx', 'src/ünï.ts', 'docs/../src/a.ts', 'alias/a.ts', join(team, 'src/a.ts'), join(home, 'team-link/src/a.ts')]
  for (const file of good) {
    t.match(judge({ rules: [allowSrc], otherwise: 'deny' }, 'Write', { file_path: file, content: '../../x' }, team), { then: 'allow', rule: 'rule 1: Write src/**: allow' }, file)
    t.match(judge({ rules: [allowSrc], otherwise: 'deny' }, 'Write', { file_path: file }, join(home, 'team-link')), { then: 'allow' }, `${file}, the team by a link`)
  }
})

t.test('a hostile path gets past no rule that allows', async t => {
  const { home, team } = place(t)
  const hostile: unknown[] = [
    'src', 'src/', 'src/.', 'a.ts', '.', '', ' ', '/', '/etc/passwd', join(home, 'elsewhere/file'), `${team}-link/../x`, `${team}/srcx/a`, `${team}x/src/a`,
    '../team2/src/a', 'src/../a', 'src/../../elsewhere/file', 'src/x/../../../etc/passwd', `${team}/src/../../elsewhere/file`, 'src//..//a', 'src/./../a',
    'src/out/file', 'src/out', 'src/file-out', 'src/dangling', 'src/loop', 'src/loop/a', 'src/deep/a', 'src/deep/../file', 'src/out/../team/src/../a',
    '~/src/a', '~', '~root/src/a', 'src/a\0.ts', 'src/\0/../../x', 'src/a\n', ' src/a', 'src/a ', '\tsrc/a', 'src\\..\\..\\x', 'src\\a',
    'SRC/a.ts', 'Src/a.ts', 'ſrc/a', 'ｓrc/a', 'src\u2215a', 'file:///etc/passwd', `file://${team}/src/a`, 'http://x/src/a', 'C:/src/a',
    `src/${'a/'.repeat(4000)}`, 7, null, undefined, {}, [], ['src/a', '/etc/passwd'], { toString: '/x' }
  ]
  for (const file of hostile) {
    t.match(judge({ rules: [allowSrc], otherwise: 'deny' }, 'Write', { file_path: file }, team), { then: 'deny', rule: 'otherwise: deny' }, JSON.stringify(file) ?? 'nothing')
  }
  for (const input of [
    { file_path: 'src/a', path: '/etc/passwd' }, { file_path: 'src/a', destination: '../x' }, { edits: [{ file_path: 'src/a' }, { file_path: '/x' }] },
    { path: 'src', pattern: '../../**' }, { path: 'src/secret', glob: '/etc/*' }, { command: 'src/a' }, { command: 'rm -rf /', file_path: 'src/a' }, { paths: Array.from({ length: 201 }, () => 'src/a') }, { note: 'src/a' }
  ]) t.match(judge({ rules: [{ ...allowSrc, tool: '*' }], otherwise: 'ask' }, 'Any', input, team), { then: 'ask', rule: 'otherwise: ask' }, JSON.stringify(input))
})

t.test('a rule that denies or asks holds however the path is written', async t => {
  const { home, team } = place(t)
  for (const then of ['deny', 'ask'] as const) {
    const permissions = { rules: [{ tool: '*', path: 'src/secret/**', then }, { tool: '*', then: 'allow' as const }], otherwise: 'allow' as const }
    for (const file of [
      'src/secret/a', 'src/x/../secret/a', join(team, 'src/secret/a'), join(home, 'team-link/src/secret/a'), 'alias/secret/a', 'docs/hidden/a',
      'SRC/Secret/A', './src//secret/./a', '~/a', 'src/loop/a', 'a\0', 'file:///a', '', ['b', 'src/secret/a']
    ]) t.match(judge(permissions, 'Write', { file_path: file }, team), { then, rule: /^rule 1/ }, JSON.stringify(file))
    t.match(judge(permissions, 'Write', { file_path: 'src/a' }, team), { then: 'allow', rule: /^rule 2/ })
  }
})

t.test('stars of a path keep to their names, two of them do not', async t => {
  const { team } = place(t)
  const table: [string, string, boolean][] = [
    ['src/*.ts', 'src/a.ts', true], ['src/*.ts', 'src/b/a.ts', false], ['src/*.ts', 'src/a.tsx', false], ['**/*.md', 'a.md', true], ['**/*.md', 'docs/x/a.md', true],
    ['**/test/**', 'a/test/b', true], ['**/test/**', 'a/test', false], ['a?.ts', 'ab.ts', false], ['a.ts', 'axts', false], ['[a]', 'a', false], ['**', 'a', true], ['**', '../a', false], ['/**', '/etc/passwd', true]
  ]
  for (const [path, file, yes] of table) {
    t.equal(judge({ rules: [{ tool: 'Write', path, then: 'allow' }], otherwise: 'deny' }, 'Write', { file_path: file }, team).then === 'allow', yes, `${path} ${file}`)
  }
})

t.test('a command is allowed whole, and chains none', async t => {
  const permissions = { rules: [{ tool: 'Bash', command: 'npm test*', then: 'allow' as const }], otherwise: 'deny' as const }
  for (const command of ['npm test', 'npm test -- --grep "a b"', 'npm test -w x']) t.match(judge(permissions, 'Bash', { command }, '/'), { then: 'allow' }, command)
  const tails = [
    '; rm -rf /', ';rm x', ' && rm x', '&& rm x', ' || rm x', ' | sh', '|sh', ' & rm x', '&', '\nrm x', '\r\nrm x', '\rrm x', ' `rm x`', ' $(rm x)', ' "$(rm x)"', ' $' + '{IFS}rm', ' $HOME', " $'\\n'rm",
    ' > /etc/passwd', ' >> x', ' < x', ' <(rm x)', ' >(rm x)', ' {a,b}', ' (rm x)', '\0rm', ' \u0007', ' \\\nrm x', ' <<EOF', ' 2>&1', ' "a;b"'
  ]
  for (const tail of tails) t.match(judge(permissions, 'Bash', { command: `npm test${tail}` }, '/'), { then: 'deny', rule: 'otherwise: deny' }, JSON.stringify(tail))
  for (const command of ['rm x', ' npm test', 'NPM test', 'X=1 npm test', 'npx npm test', '', 7, null, ['npm test'], { length: 8 }]) {
    t.match(judge(permissions, 'Bash', { command }, '/'), { then: 'deny' }, JSON.stringify(command))
  }
  t.match(judge(permissions, 'Bash', {}, '/'), { then: 'deny' })
  const exact = 'npm run a && npm run b > log'
  t.match(judge({ rules: [{ tool: 'Bash', command: exact, then: 'allow' }], otherwise: 'deny' }, 'Bash', { command: exact }, '/'), { then: 'allow' }, 'the very command of the rule')
  t.match(judge({ rules: [{ tool: 'Bash', command: 'npm run a && npm run *', then: 'allow' }], otherwise: 'deny' }, 'Bash', { command: exact }, '/'), { then: 'deny' }, 'but no pattern with a star')
})

t.test('a rule that denies a command finds it among chained ones', async t => {
  const permissions = { rules: [{ tool: 'Bash', command: 'rm *', then: 'deny' as const }], otherwise: 'allow' as const }
  for (const command of ['rm x', 'ls; rm x', 'ls &&rm x', 'ls\nrm x', '$(rm x)', '`rm x`', 'ls | rm x']) t.match(judge(permissions, 'Bash', { command }, '/'), { then: 'deny' }, command)
  t.match(judge(permissions, 'Bash', { command: 'ls' }, '/'), { then: 'allow' })
})

t.test('no pattern takes long over any text', async t => {
  const command = 'a'.repeat(100_000)
  t.match(judge({ rules: [{ tool: 'Bash', command: `${'a*'.repeat(20)}b`, then: 'allow' }], otherwise: 'deny' }, 'Bash', { command }, '/'), { then: 'deny' })
})

t.test('a tool is ruled where a rule speaks of it whatever its input', async t => {
  const rules = { rules: [{ tool: 'mcp__iris__*', then: 'ask' as const }, { tool: 'Write', path: 'src/**', then: 'allow' as const }], otherwise: 'ask' as const }
  t.same(['mcp__iris__team_tell', 'mcp__other__team_tell', 'Write'].map(tool => isRuled(rules, tool)), [true, false, false])
  t.notOk(isRuled('ask', 'mcp__iris__team_tell'), 'a word is for what is asked')
})
