import { access as accessFile } from 'node:fs/promises'
import type { FIXED_OPTIONS, Remote } from '../../../schemas/place.ts'
import { AgentError } from '../../errors.ts'
import { allowedEnvironment } from '../environment.ts'
import { lastLine, type Shell, type Verdict } from './place.ts'

/**
 * What Iris relies on, so that nothing else may say otherwise: no questions, no terminal, a connection of each session's
 * own (one that is shared, as ControlMaster makes it, keeps a forward beyond the session, and takes all sessions with it
 * when it breaks), failures that are failures, and their reasons in words.
 */
const FIXED: Readonly<Partial<Record<typeof FIXED_OPTIONS[number], string>>> = {
  BatchMode: 'yes',
  RequestTTY: 'no',
  RemoteCommand: 'none',
  StdinNull: 'no',
  ForkAfterAuthentication: 'no',
  SessionType: 'default',
  ControlMaster: 'no',
  ControlPath: 'none',
  ExitOnForwardFailure: 'yes',
  LogLevel: 'INFO'
}

/** What options of the team may change: how soon a silent connection counts as broken (30 s), and what of this machine the host may use. */
const USUAL: Readonly<Record<string, string>> = {
  ServerAliveInterval: '10',
  ServerAliveCountMax: '3',
  ForwardAgent: 'no',
  ForwardX11: 'no'
}

/** Where forwards begin on a host: below what systems give out by themselves. */
const PORTS = { first: 20_000, count: 12_000 }

/** A file's name as ssh_config has it: within quotes, without its tokens. `-i` would look for the name before it reads tokens, and after. */
const asValue = (file: string) => `"${file.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`

/** ssh's arguments, up to the host. The first value of an option counts, so what comes first is what cannot be changed. */
export function sshArguments ({ host, user, port, identity, jump, config, options = {} }: Remote, { connectTimeout, forward }: { connectTimeout: number, forward?: string | undefined }): string[] {
  const set = (all: Readonly<Record<string, string>>) => Object.entries(all).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  return [
    '-T',
    ...(config === undefined ? [] : ['-F', config]),
    ...set(FIXED),
    ...(forward === undefined ? ['-o', 'ClearAllForwardings=yes'] : ['-R', forward]),
    ...set(Object.fromEntries(Object.entries(options).map(([name, value]) => [name, typeof value === 'boolean' ? value ? 'yes' : 'no' : String(value)]))),
    // A key that is named and refused is to be seen, not made up for by another.
    ...(identity === undefined ? [] : ['-o', 'IdentitiesOnly=yes', '-o', `IdentityFile=${asValue(identity)}`]),
    ...(jump === undefined ? [] : ['-J', jump]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...set({ ...USUAL, ConnectTimeout: String(connectTimeout) }),
    '--',
    host
  ]
}

const MEANINGS: ReadonlyArray<readonly [words: RegExp, reason: Verdict['reason'], message: (host: string) => string]> = [
  [/host key verification failed|host identification has changed/i, 'host_key', host => `The host key of '${host}' is not one that is known here. Compare it, then log in once by hand, or put it into known_hosts`],
  [/permission denied \(|too many authentication failures|no more authentication methods/i, 'auth', host => `The host '${host}' refuses the login`],
  [/forwarding failed|forwarding request failed/i, 'forward', host => `The host '${host}' does not forward the agent's calls back`],
  [/bad configuration option|command-line: line|command-line line|can't open user config|bad owner or permissions on|unsupported option|invalid quotes|terminating, \d+ bad configuration/i, 'config', host => `ssh does not take the options for '${host}'`],
  [/could not resolve|connection (refused|timed out|reset|closed)|operation timed out|no route to host|(network|host) is (unreachable|down)|not responding|broken pipe|kex_exchange|banner exchange|stdio forwarding/i, 'unreachable', host => `The host '${host}' cannot be reached`]
]

/** What ssh's words mean, in Iris's. */
export function judgeSsh (host: string, words: string): Verdict {
  const [pattern, reason, message] = MEANINGS.find(([pattern]) => pattern.test(words)) ??
    [/./, 'refused', (host: string) => `The host '${host}' gives no shell`] as const
  const lines = words.split('\n').map(line => line.trim())
  const line = lines.find(line => pattern.test(line) && !/^[@*]/.test(line)) ?? lastLine(words)
  const missing = reason === 'auth' ? lines.find(line => /identity file .* not accessible/i.test(line)) : undefined
  return { reason: reason as Verdict['reason'], message: `${message(host)}: ${[missing, line].filter(one => one !== undefined).join('; ') || 'it does not say why'}` }
}

/** A shell by the system's OpenSSH client, with its configuration, agent and known hosts. `patience`: ms that a start may take. */
export function sshShell (remote: Remote, { environment, patience, random = Math.random }: {
  environment: Readonly<Record<string, string | undefined>>
  patience: () => number
  random?: () => number
}): Shell {
  const { host, identity } = remote
  return {
    where: host,
    async program (command, _session, _cwd, forward) {
      if (identity !== undefined && !identity.startsWith('~')) {
        await accessFile(identity).catch(cause => { throw new AgentError(`The identity file ${identity} for '${host}' cannot be read`, { details: { reason: 'auth', where: host }, cause }) })
      }
      // Half of a start's time at most, so that its end tells why.
      const connectTimeout = Math.min(10, Math.max(1, Math.floor(patience() / 2000)))
      return {
        command: 'ssh',
        args: [...sshArguments(remote, { connectTimeout, forward: forward?.spec }), command],
        cwd: '/',
        env: { ...allowedEnvironment(environment, [/^SSH_AUTH_SOCK$/]), SSH_ASKPASS_REQUIRE: 'never' }
      }
    },
    judge: words => judgeSsh(host, words),
    forward ({ url, key }) {
      const { hostname, port, protocol } = new URL(url)
      const there = PORTS.first + Math.floor(random() * PORTS.count)
      const changed = new URL(url)
      changed.hostname = '127.0.0.1'
      changed.port = String(there)
      return {
        spec: `127.0.0.1:${there}:${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`,
        access: { url: changed.href.replace(/\/$/, url.endsWith('/') ? '/' : ''), key }
      }
    }
  }
}
