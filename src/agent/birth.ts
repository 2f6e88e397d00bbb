import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/**
 * When a process was started, in the system's own words: only to be compared with what the same function said before.
 * With its pid this names one process for good, though pids are used again. Undefined where there is no such process.
 */
export const birthOf = (pid: number, platform: string = process.platform): Promise<string | undefined> =>
  platform === 'linux' ? fromProc(pid) : fromPs(pid)

/** The 22nd field, in clock ticks since the machine's start. The 2nd is the program's name, which may hold anything but is in brackets. */
async function fromProc (pid: number) {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** To the second; in one language and one time zone, whatever the server's are. */
function fromPs (pid: number) {
  return new Promise<string | undefined>(resolve => {
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], { env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' } }, (err, stdout) => {
      resolve(err === null && stdout.trim() !== '' ? stdout.trim() : undefined)
    })
  })
}
