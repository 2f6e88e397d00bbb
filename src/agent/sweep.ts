import { readdir, readFile, stat } from 'node:fs/promises'

/** The environment variable that carries the id of one start of one child. */
const CHILD = 'IRIS_CHILD'
/** The environment variable that carries the id of the data directory whose server started it. */
const OWNER = 'IRIS_OWNER'
/** The environment variable that carries the id of one run of that server. */
const RUN = 'IRIS_RUN'

/** How often to look again for processes that were being born during the last look. */
const ROUNDS = 10

/** What to add to a child's environment; all that it starts inherits it, whatever process group it is in. */
export const marks = (child: string, owner: string, run: string | undefined) => ({ [CHILD]: child, [OWNER]: owner, ...(run !== undefined && { [RUN]: run }) })

/** What is found in the environment of all that was started by this run of a server. */
export const runMark = (run: string) => `${RUN}=${run}`

/** Ends what a child that is gone has left behind: SIGKILL to every process that carries its mark. Returns the pids. */
export const sweepChild = (child: string) => sweep(`${CHILD}=${child}`)

/**
 * Ends the children of an earlier server on the same data directory, which was killed before it could end them.
 * For the start of a server, before it has children of its own. Returns the pids.
 */
export const sweepOwner = (owner: string) => sweep(`${OWNER}=${owner}`)

/** Whether a process is this child, or of it. Undefined where its environment is not to be read. */
export async function carries (pid: number, child: string): Promise<boolean | undefined> {
  const variables: string[] = await environmentOf(pid).catch(() => [])
  return variables.length === 0 ? undefined : variables.includes(`${CHILD}=${child}`)
}

/** SIGKILL to a process and its group, where it leads one. */
export function endGroup (pid: number): void {
  for (const target of [-pid, pid]) {
    try { process.kill(target, 'SIGKILL') } catch { /* It is gone already. */ }
  }
}

/** Elsewhere than on Linux the environment of other processes is not to be read, and nothing is swept. */
async function sweep (mark: string): Promise<number[]> {
  const killed = new Set<number>()
  if (process.platform !== 'linux') return []
  for (let round = 0; round < ROUNDS; round++) {
    const found = await carriers(mark)
    if (found.length === 0) break
    for (const pid of found) {
      killed.add(pid)
      try { process.kill(pid, 'SIGKILL') } catch { /* It is gone already, which is what is wanted. */ }
    }
  }
  return [...killed]
}

/** The processes of this user, save this one, that have `mark` in their environment. */
async function carriers (mark: string) {
  const names = (await readdir('/proc')).filter(name => /^\d+$/.test(name) && name !== String(process.pid))
  const found = await Promise.all(names.map(async name => {
    try {
      if ((await stat(`/proc/${name}`)).uid !== process.getuid?.()) return []
      return (await environmentOf(Number(name))).includes(mark) ? [Number(name)] : []
    } catch {
      return [] // It ended meanwhile, or is not ours to read.
    }
  }))
  return found.flat()
}

/** Each `NAME=value`. */
async function environmentOf (pid: number) {
  return (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter(variable => variable !== '')
}
