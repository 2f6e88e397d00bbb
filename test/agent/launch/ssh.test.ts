import t from 'tap'
import { judgeSsh, sshArguments, sshShell } from '../../../src/agent/launch/ssh.ts'

const arguments_ = (remote: object, forward?: string) => sshArguments({ host: 'devbox', ...remote }, { connectTimeout: 7, forward })

t.test('The host comes last, after the end of the options; what Iris relies on comes first, where nothing overrules it', async t => {
  const args = arguments_({ user: 'me', port: 2222, jump: 'a@gate:22,b', config: '/my config', options: { ConnectTimeout: 3, Compression: true, Ciphers: 'x y' } })
  t.strictSame(args.slice(-2), ['--', 'devbox'])
  t.strictSame(args.slice(0, 3), ['-T', '-F', '/my config'])
  const text = args.join(' ')
  for (const words of ['-o BatchMode=yes', '-o ControlPath=none', '-o RemoteCommand=none', '-o ClearAllForwardings=yes', '-l me', '-p 2222', '-J a@gate:22,b', '-o Compression=yes', '-o Ciphers=x y', '-o ServerAliveInterval=10', '-o ForwardAgent=no']) t.ok(text.includes(words), words)
  t.ok(args.indexOf('BatchMode=yes') < args.indexOf('Compression=yes'))
  t.ok(args.indexOf('ConnectTimeout=3') < args.indexOf('ConnectTimeout=7'), 'the first one counts')
})

t.test('A forward is one that must succeed, and others are not made', async t => {
  const args = arguments_({}, '127.0.0.1:20000:127.0.0.1:1615')
  t.strictSame(args.slice(args.indexOf('-R'), args.indexOf('-R') + 2), ['-R', '127.0.0.1:20000:127.0.0.1:1615'])
  t.ok(args.includes('ExitOnForwardFailure=yes'))
  t.notOk(args.includes('ClearAllForwardings=yes'))
  t.notOk(arguments_({}).includes('-R'))
})

t.test('An identity is that one file, whatever its name', async t => {
  t.ok(arguments_({ identity: '/a "b" 50%\\' }).includes('IdentityFile="/a \\"b\\" 50%%\\\\"'))
  t.ok(arguments_({ identity: '~/.ssh/x' }).includes('IdentitiesOnly=yes'))
})

t.test('What ssh says is put in words that tell what to do', async t => {
  for (const [words, reason] of [
    ['ssh: connect to host devbox port 22: Connection refused', 'unreachable'],
    ['ssh: connect to host devbox port 22: Connection timed out', 'unreachable'],
    ['ssh: connect to host devbox port 22: No route to host', 'unreachable'],
    ['ssh: Could not resolve hostname devbox: Name or service not known', 'unreachable'],
    ['kex_exchange_identification: Connection closed by remote host\nConnection closed by 1.2.3.4 port 22', 'unreachable'],
    ['Connection timed out during banner exchange', 'unreachable'],
    ['No ED25519 host key is known for devbox and you have requested strict checking.\nHost key verification failed.', 'host_key'],
    ['@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@\nHost key verification failed.', 'host_key'],
    ['Host key verification failed.\nConnection closed by UNKNOWN port 65535', 'host_key'],
    ['me@devbox: Permission denied (publickey).', 'auth'],
    ['Received disconnect from 1.2.3.4 port 22:2: Too many authentication failures', 'auth'],
    ['Error: remote port forwarding failed for listen port 20000', 'forward'],
    ['command-line: line 0: Bad configuration option: nosuch', 'config'],
    ['This account is currently not available.', 'refused'],
    ['', 'refused']
  ] as const) t.match(judgeSsh('devbox', words), { reason, message: /devbox/ }, words)
  t.equal(judgeSsh('devbox', 'a\nssh: connect to host devbox port 22: Connection refused\r\n').message, "The host 'devbox' cannot be reached: ssh: connect to host devbox port 22: Connection refused")
  t.match(judgeSsh('devbox', 'Warning: Identity file /x not accessible: No such file.\nme@devbox: Permission denied (publickey).'), { message: /Identity file \/x not accessible.*Permission denied/ })
})

t.test('ssh gets of the server\'s environment what it needs, and no secret; no program of its own asks for one', async t => {
  const shell = sshShell({ host: 'devbox' }, { environment: { PATH: '/bin', HOME: '/home/me', SSH_AUTH_SOCK: '/sock', ANTHROPIC_API_KEY: 'secret', SSH_ASKPASS: '/ask' }, patience: () => 5000 })
  const { command, args, env, cwd } = await shell.program('the command', 'session', '/there', undefined)
  t.strictSame(env, { PATH: '/bin', HOME: '/home/me', SSH_AUTH_SOCK: '/sock', SSH_ASKPASS_REQUIRE: 'never' })
  t.equal(command, 'ssh')
  t.equal(cwd, '/')
  t.strictSame(args.slice(-3), ['--', 'devbox', 'the command'])
  t.ok(args.includes('ConnectTimeout=2'), 'half of the time of a start')
})

t.test('An address that an agent calls back is a port of its host, and the rest as it was', async t => {
  const shell = sshShell({ host: 'devbox' }, { environment: {}, patience: () => 5000, random: () => 0.5 })
  t.strictSame(shell.forward!({ url: 'http://127.0.0.1:1615', key: 'k' }), { spec: '127.0.0.1:26000:127.0.0.1:1615', access: { url: 'http://127.0.0.1:26000', key: 'k' } })
  t.strictSame(shell.forward!({ url: 'http://[::1]:1615/mcp', key: 'k' }), { spec: '127.0.0.1:26000:[::1]:1615', access: { url: 'http://127.0.0.1:26000/mcp', key: 'k' } })
})
