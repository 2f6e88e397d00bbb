import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError } from '../errors.ts'

/** How long git may take for one step, ms: the checkout of a large repository. */
const PATIENCE = 120_000

/** Where a session works on its own: a checkout beside the others of the same repository. */
export interface Worktree {
  /** Absolute. */
  readonly path: string
  readonly branch: string
}

export interface Worktrees {
  /** The directory in which a session's agent works, made where it is not there. Rejects with AgentError. */
  enter (team: Place, sessionId: string): Promise<string>
  /** Removes it where nothing is lost by that. Resolves to what is kept; undefined where nothing is. */
  leave (team: Place, sessionId: string): Promise<Worktree | undefined>
  /** What there is now of a session. */
  find (team: string, sessionId: string): Worktree | undefined
}

interface Place { readonly name: string, readonly path: string }

/** Git worktrees under `root`, a branch each. `env`: the whole environment of git. */
export function createWorktrees ({ root, env }: { root: string, env: Readonly<Record<string, string>> }): Worktrees {
  /** Git locks a repository while it changes its list of worktrees, and fails who comes meanwhile. */
  const last = new Map<string, Promise<unknown>>()

  const of = (team: string, sessionId: string): Worktree => ({ path: join(root, team, sessionId), branch: `iris/${team}/${sessionId}` })

  async function inTurn<T> (repository: string, work: () => Promise<T>): Promise<T> {
    const mine = (last.get(repository) ?? Promise.resolve()).then(work, work)
    last.set(repository, mine)
    return await mine.finally(() => { if (last.get(repository) === mine) last.delete(repository) })
  }

  const git = (cwd: string, ...args: string[]) => run(cwd, args, env)

  async function add (directory: string, { path, branch }: Worktree) {
    await git(directory, 'worktree', 'prune')
    const known = await git(directory, 'for-each-ref', '--format=%(refname)', `refs/heads/${branch}`)
    await (known === '' ? git(directory, 'worktree', 'add', '-b', branch, path, 'HEAD') : git(directory, 'worktree', 'add', path, branch))
  }

  /** Whether all that is in it is somewhere else too, but for what git is told to ignore. */
  async function isSpent (directory: string, { path, branch }: Worktree): Promise<boolean> {
    if (await git(path, 'status', '--porcelain') !== '') return false
    const base = await git(directory, 'rev-parse', 'HEAD')
    const own = ['HEAD', ...(await git(path, 'for-each-ref', '--format=%(refname)', `refs/heads/${branch}`) === '' ? [] : [`refs/heads/${branch}`])]
    return await git(path, 'rev-list', '--max-count=1', ...own, '--not', `--exclude=${branch}`, '--branches', '--remotes', '--tags', base) === ''
  }

  return {
    async enter ({ name, path: directory }, sessionId) {
      const worktree = of(name, sessionId)
      try {
        const prefix = await git(directory, 'rev-parse', '--show-prefix')
        await inTurn(directory, async () => { if (!existsSync(worktree.path)) await add(directory, worktree) })
        return join(worktree.path, prefix)
      } catch (cause) {
        throw new AgentError(`No worktree could be made of ${directory} (the team's \`worktree\`): ${(cause as Error).message}`, { cause })
      }
    },
    async leave ({ name, path: directory }, sessionId) {
      const worktree = of(name, sessionId)
      if (!existsSync(worktree.path)) return undefined
      return await inTurn(directory, async () => {
        try {
          if (!await isSpent(directory, worktree)) return worktree
          await git(directory, 'worktree', 'remove', worktree.path)
          await git(directory, 'branch', '--delete', '--force', worktree.branch)
          return undefined
        } catch {
          return existsSync(worktree.path) ? worktree : undefined
        }
      })
    },
    find (team, sessionId) {
      const worktree = of(team, sessionId)
      return existsSync(worktree.path) ? worktree : undefined
    }
  }
}

function run (cwd: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('git', ['-C', cwd, ...args], { env: { ...env, GIT_TERMINAL_PROMPT: '0' }, timeout: PATIENCE, maxBuffer: 16 * 1024 * 1024 }, (err, stdout, stderr) => {
      if (err === null) resolve(stdout.trim())
      else reject(new Error(err.code === 'ENOENT' ? 'git is not found on PATH' : stderr.trim().split('\n').at(-1) || err.message, { cause: err }))
    })
  })
}
