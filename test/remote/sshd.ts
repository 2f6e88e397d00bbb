import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Remote } from '../../schemas/place.ts'
import { freePort } from '../fixtures/free-port.ts'
import { scratch } from '../fixtures/wired.ts'

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/opt/homebrew/sbin/sshd'].find(existsSync)

/** Why there is nothing to test with; false where there is. In CI that is a failure, not a reason. */
export const skip = SSHD !== undefined || process.env.REQUIRE_SSHD === '1' ? false : 'there is no sshd here (Debian: apt-get install openssh-server)'

export interface Sshd {
  /** How a team is to reach it. */
  readonly remote: Remote
  /** Where keys and configuration are. */
  readonly folder: string
  /** What it has written. */
  log (): string
  start (): Promise<void>
  /** It listens no more; its connections stay. */
  stop (): Promise<void>
  /** Ends the connections at its end. */
  cut (): number
  /** The pids of the connections' processes. */
  connections (): number[]
}

/** A real sshd of the test's own, on a free loopback port, which lets in this user by a key that was made for it. */
export async function startSshd (t: Test, settings: readonly string[] = []): Promise<Sshd> {
  const folder = scratch(t)
  const file = (name: string) => join(folder, name)
  keygen(file('host_key'))
  keygen(file('user_key'))
  const port = await freePort()
  writeFileSync(file('authorized_keys'), readFileSync(file('user_key.pub')))
  writeFileSync(file('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(file('host_key.pub'), 'utf8')}`)
  writeFileSync(file('ssh_config'), `UserKnownHostsFile ${file('known_hosts')}\nGlobalKnownHostsFile /dev/null\nIdentityAgent none\n`)
  writeFileSync(file('sshd_config'), [
    ...settings,
    'ListenAddress 127.0.0.1', `Port ${port}`, `HostKey ${file('host_key')}`, `AuthorizedKeysFile ${file('authorized_keys')}`, `PidFile ${file('pid')}`,
    'StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PermitRootLogin prohibit-password', 'MaxStartups 100:30:200', 'AllowTcpForwarding yes'
  ].join('\n'))
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })

  let log = ''
  let child: ChildProcess | undefined
  const sshd: Sshd = {
    remote: { host: '127.0.0.1', port, identity: file('user_key'), config: file('ssh_config') },
    folder,
    log: () => log,
    async start () {
      child = spawn(SSHD!, ['-D', '-e', '-f', file('sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, LANG: 'C.UTF-8' } })
      const began = log.length
      await new Promise<void>((resolve, reject) => {
        child!.stderr!.on('data', (part: Buffer) => {
          log += part.toString()
          if (log.slice(began).includes('Server listening on')) resolve()
        })
        child!.once('exit', () => { reject(new Error(`sshd did not start: ${log}`)) })
      })
    },
    async stop () {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill()
      await exited
    },
    cut () {
      const pids = sshd.connections()
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      return pids.length
    },
    connections: () => children(child!.pid!)
  }
  await sshd.start()
  t.teardown(async () => {
    if (child!.exitCode === null && child!.signalCode === null) sshd.cut()
    await sshd.stop()
  })
  return sshd
}

/** A key pair without a passphrase, and its name beside it. */
export function keygen (file: string): void {
  const { status, stderr } = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file])
  if (status !== 0) throw new Error(`ssh-keygen: ${String(stderr)}`)
}

/** The processes that `parent` started, and those that they did. */
function children (parent: number): number[] {
  const found = readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(pid => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent && stat.includes('(sshd') ? [Number(pid)] : []
    } catch {
      return []
    }
  })
  return found.flatMap(pid => [pid, ...children(pid)])
}
