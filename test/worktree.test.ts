import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createWorktrees } from '../src/agent/worktree.ts'
import { scratch, wire } from './fixtures/wired.ts'

const ENV = { PATH: process.env.PATH!, HOME: '/nonexistent', GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' }
const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, env: ENV, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()

/** A repository with one commit. */
function repository (t: Test) {
  const path = realpathSync(scratch(t))
  git(path, 'init', '--quiet', '--initial-branch', 'main')
  mkdirSync(join(path, 'part'))
  writeFileSync(join(path, 'part', 'file'), 'first\n')
  writeFileSync(join(path, '.gitignore'), 'ignored\n')
  git(path, 'add', '.')
  git(path, 'commit', '--quiet', '-m', 'first')
  return path
}

const worktreesOf = (path: string) => git(path, 'worktree', 'list', '--porcelain').split('\n').filter(line => line.startsWith('worktree ')).length - 1

t.test('a worktree is removed with its branch when nothing would be lost, and kept when something would', async t => {
  const path = repository(t)
  const root = realpathSync(scratch(t))
  const worktrees = createWorktrees({ root, env: ENV })
  const team = { name: 'a', path }
  const enter = async () => await worktrees.enter(team, 's')
  const branches = () => git(path, 'branch', '--format=%(refname:short)').split('\n')

  const cwd = await enter()
  t.equal(cwd, join(root, 'a', 's'))
  t.equal(await enter(), cwd, 'entered again it is the same')
  t.strictSame(worktrees.find('a', 's'), { path: cwd, branch: 'iris/a/s' })
  writeFileSync(join(cwd, 'ignored'), 'x')
  t.equal(await worktrees.leave(team, 's'), undefined)
  t.notOk(existsSync(cwd))
  t.strictSame(branches(), ['main'])
  t.equal(worktrees.find('a', 's'), undefined)

  await t.test('a file that git does not know', async t => {
    writeFileSync(join(await enter(), 'new'), 'x')
    t.strictSame(await worktrees.leave(team, 's'), { path: cwd, branch: 'iris/a/s' })
    t.ok(existsSync(join(cwd, 'new')))
  })
  await t.test('a commit that no other branch has', async t => {
    git(await enter(), 'add', 'new')
    git(cwd, 'commit', '--quiet', '-m', 'work')
    t.match(await worktrees.leave(team, 's'), { branch: 'iris/a/s' })
  })
  await t.test('the same commit, left for another one', async t => {
    git(await enter(), 'checkout', '--quiet', '--detach', 'main')
    t.match(await worktrees.leave(team, 's'), { branch: 'iris/a/s' }, 'its branch has it')
    git(cwd, 'checkout', '--quiet', 'iris/a/s')
  })
  await t.test('merged it is nowhere to be lost', async t => {
    git(path, 'merge', '--quiet', 'iris/a/s')
    t.equal(await worktrees.leave(team, 's'), undefined)
    t.strictSame(branches(), ['main'])
  })
  await t.test('what somebody has deleted by hand is made again, with what its branch has', async t => {
    writeFileSync(join(await enter(), 'more'), 'x')
    git(cwd, 'add', 'more')
    git(cwd, 'commit', '--quiet', '-m', 'more')
    execFileSync('rm', ['-r', cwd])
    t.ok(existsSync(join(await enter(), 'more')))
  })
})

t.test('many at once, and a team in a directory of its repository', async t => {
  const path = repository(t)
  const worktrees = createWorktrees({ root: realpathSync(scratch(t)), env: ENV })
  const team = { name: 'a', path: join(path, 'part') }
  const ids = Array.from({ length: 8 }, (_, i) => `s${i}`)
  const cwds = await Promise.all(ids.map(async id => await worktrees.enter(team, id)))
  for (const cwd of cwds) t.ok(existsSync(join(cwd, 'file')), 'it works in the same directory there')
  t.equal(worktreesOf(path), 8)
  t.strictSame(await Promise.all(ids.map(async id => await worktrees.leave(team, id))), ids.map(() => undefined))
  t.equal(worktreesOf(path), 0)
})

t.test('what is no repository, or has no commit, is said', async t => {
  const worktrees = createWorktrees({ root: scratch(t), env: ENV })
  const path = scratch(t)
  await t.rejects(worktrees.enter({ name: 'a', path }, 's'), { name: 'AgentError', message: /not a git repository/ })
  git(path, 'init', '--quiet')
  await t.rejects(worktrees.enter({ name: 'a', path }, 's'), { name: 'AgentError', message: /No worktree could be made/ })
})

t.test('each session of the team works in its own', async t => {
  const path = repository(t)
  const { services: { sessions, pool, tells, worktrees, cache }, agent, home } = wire(t, {
    script: { onSend: (process, text) => { writeFileSync(join(process.start.cwd, 'out'), text); process.reply('done') } },
    teams: { a: { path, worktree: 'per-session' } }
  })
  const signal = new AbortController().signal
  const ask = async (from: string) => {
    const { tellId } = await tells.start({ from, to: 'a', message: `by ${from}`, caller: 'x' })
    await tells.wait(tellId, 0, signal)
    return tells.get(tellId)
  }
  const [one, two] = await Promise.all([ask('one'), ask('two')])
  t.strictSame([one.response, two.response], ['done', 'done'])
  const cwds = agent.processes.map(({ start }) => start.cwd)
  t.strictSame(cwds.sort(), [one, two].map(({ sessionId }) => join(home, 'worktrees', 'a', sessionId)).sort())
  t.notOk(existsSync(join(path, 'out')), 'the team\'s own directory is untouched')

  execFileSync('rm', [join(worktrees.find('a', one.sessionId)!.path, 'out')])
  await Promise.all([one, two].map(async ({ sessionId }) => { await pool.sleep(sessionId, 'test') }))
  t.equal(worktrees.find('a', one.sessionId), undefined, 'nothing would be lost')
  t.match(worktrees.find('a', two.sessionId), { branch: `iris/a/${two.sessionId}` })
  const said = cache.read(two.sessionId, 0, 100).entries.at(-1)
  t.match(said, { type: 'system', data: { subtype: 'worktree_kept', branch: `iris/a/${two.sessionId}` } })
  t.ok(sessions.get(one.sessionId))
  t.equal((await ask('one')).response, 'done', 'and a worktree is there again for the next')
})
