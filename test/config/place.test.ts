import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError, loadConfig } from '../../src/config.ts'

const load = (t: Test, team: object) => loadConfig({ env: {}, cwd: t.testdir({ 'config.yaml': JSON.stringify({ teams: { far: { path: '/there', ...team } } }), project: {} }) }).teams.get('far')!

function problems (t: Test, team: object): string {
  try {
    load(t, team)
  } catch (err) {
    if (err instanceof ConfigError) return err.problems.join('\n')
    throw err
  }
  return 'none'
}

t.test('A team on another host has its directory there: what is here does not matter', async t => {
  const path = '/no/such directory/$(here)\n'
  t.match(load(t, { path, remote: { host: 'devbox' } }), { path, remote: { host: 'devbox' }, unavailable: undefined })
  t.match(load(t, { path, container: { name: 'box' } }), { path, unavailable: undefined })
  t.match(problems(t, { path: 'project', remote: { host: 'devbox' } }), /'teams.far.path' must be an absolute path/)
  t.match(load(t, { path: '/no/such', container: { image: 'box' } }), { unavailable: /does not exist/, container: { engine: 'docker' } })
})

t.test('Files of ssh are looked for beside the configuration, or at home', async t => {
  t.match(load(t, { remote: { host: 'a', identity: 'keys/a', config: 'ssh_config' } }).remote, { identity: join(t.testdirName, 'keys/a'), config: join(t.testdirName, 'ssh_config') })
  t.match(load(t, { remote: { host: 'a', identity: '~/.ssh/a' } }).remote, { identity: '~/.ssh/a' })
})

t.test('Names that ssh or a shell could take for something else are refused, with the place and the reason', async t => {
  for (const host of ['-oProxyCommand=touch pwned', '', ' ', 'a b', 'a\nb', 'a;b', '$(touch pwned)', '`x`', "a'b", 'a"b', 'me@host', 'a/b', 'a\0', 'a\x7f', '*', '-']) {
    t.match(problems(t, { remote: { host } }), /teams\.far\.remote\.host/, JSON.stringify(host))
  }
  for (const user of ['-l', '', 'a b', 'a\nb', '$(x)', 'a;b', '%h']) t.match(problems(t, { remote: { host: 'a', user } }), /remote\.user/, JSON.stringify(user))
  for (const jump of ['-x', 'a,-b', 'me@', 'a b', 'a\n', 'a;b', ',', '$(x)']) t.match(problems(t, { remote: { host: 'a', jump } }), /remote\.jump/, JSON.stringify(jump))
  for (const identity of ['-x', '', 'a\nb', 'a\0b']) t.match(problems(t, { remote: { host: 'a', identity } }), /remote\.identity/, JSON.stringify(identity))
  for (const port of [0, 65536, '22', 1.5]) t.match(problems(t, { remote: { host: 'a', port } }), /remote\.port/)
  for (const host of ['devbox', 'dev_box.example.org', '10.0.0.1', '::1', 'fe80::1%eth0', '[::1]']) t.equal(problems(t, { remote: { host } }), 'none', host)
  for (const jump of ['gate', 'me@gate:2222', 'a,b@c:1,d']) t.equal(problems(t, { remote: { host: 'a', jump } }), 'none', jump)
  t.equal(problems(t, { remote: { host: 'a', user: 'me.too@corp' } }), 'none')
})

t.test('Options of ssh: names and values are plain, and those that Iris relies on are its own', async t => {
  for (const option of ['-F', '', 'A B', 'A=B', 'A\nB', 'Proxy;Command']) t.match(problems(t, { remote: { host: 'a', options: { [option]: 'x' } } }), /remote\.options/, JSON.stringify(option))
  for (const value of ['a\nb', 'a\rProxyCommand=x', '\0', '\x1b', '', ' ']) t.match(problems(t, { remote: { host: 'a', options: { Ciphers: value } } }), /remote\.options\.Ciphers/, JSON.stringify(value))
  for (const option of ['BatchMode', 'controlpath', 'REMOTECOMMAND', 'ExitOnForwardFailure', 'LogLevel']) t.match(problems(t, { remote: { host: 'a', options: { [option]: 'no' } } }), /is set by Iris/, option)
  t.equal(problems(t, { remote: { host: 'a', options: { ConnectTimeout: 5, Compression: true, ProxyCommand: 'nc -X 5 %h %p' } } }), 'none')
})

t.test('A team has one place', async t => {
  t.match(problems(t, { remote: { host: 'a' }, container: { image: 'b' } }), /beside remote/)
  t.match(problems(t, { worktree: 'per-session', remote: { host: 'a' } }), /worktree' is for a team whose directory is here/)
  t.match(problems(t, { container: {} }), /either image or name/)
  t.match(problems(t, { container: { image: 'a', name: 'b' } }), /either image or name/)
  t.match(problems(t, { container: { name: 'b', mounts: ['/a:/b'] } }), /mounts/)
  for (const image of ['-v', '--privileged', 'a b', 'a\n']) t.match(problems(t, { path: 'project', container: { image } }), /container\.image/, JSON.stringify(image))
  t.match(problems(t, { path: 'project', container: { image: 'a', engine: 'dokcer' } }), /did you mean 'docker'/)
})

t.test('What may be done by path on another machine is for people to say: links there cannot be followed from here', async t => {
  const rules = (then: string) => ({ permissions: { rules: [{ tool: 'Write', path: 'src/**', then }], otherwise: 'deny' } })
  t.match(problems(t, { ...rules('allow'), remote: { host: 'a' } }), /must not allow by path/)
  t.match(problems(t, { ...rules('allow'), container: { name: 'a' } }), /must not allow by path/)
  t.equal(problems(t, { ...rules('ask'), remote: { host: 'a' } }), 'none')
  t.equal(problems(t, { ...rules('allow'), path: 'project', container: { image: 'a' } }), 'none', 'what is mounted from here can')
})
