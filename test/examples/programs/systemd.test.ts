import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../../src/config.ts'
import { iris, saying } from '../../cli/iris.ts'
import { root } from '../../fixtures/root.ts'
import { scratch } from '../../fixtures/wired.ts'
import { missing } from './present.ts'

const file = join(root, 'examples/systemd/iris.service')
const unit = readFileSync(file, 'utf8')
const settings = [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => ({ name: name!, value: value! }))
const value = (wanted: string) => settings.find(({ name }) => name === wanted)?.value
const skip = { skip: missing('systemd-analyze') }

t.test('systemd finds no fault', skip, async t => {
  const verify = (path: string) => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' })
    return { status, said: stdout + stderr }
  }
  t.same(verify(file), { status: 0, said: '' })
  const broken = join(scratch(t), 'iris.service')
  writeFileSync(broken, unit.replace('KillMode=mixed', 'KillMode=gently\nRestartSecs=2'))
  t.match(verify(broken).said, /gently[^]*RestartSecs/, 'it would say so')
})

t.test('the user of the unit can do little to the machine, and its agents still work', skip, async t => {
  const { status, stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', '--threshold=65', file], { encoding: 'utf8' })
  t.equal(status, 0, stdout.slice(-200))
  for (const name of ['MemoryDenyWriteExecute', 'RestrictNamespaces', 'ProtectProc', 'ProtectKernelTunables', 'SystemCallFilter']) t.equal(value(name), undefined, name)
})

t.test('what it starts serves, reads its file again, and lets a tell end when it is stopped', async t => {
  const home = scratch(t)
  for (const name of ['etc', 'state', 'project']) mkdirSync(join(home, name))
  writeFileSync(join(home, 'etc/environment'), 'IRIS_CI_KEY=a-key-of-the-environment\n')
  const places: [string, string][] = [['/opt/iris', root], ['/etc/iris', join(home, 'etc')], [`/var/lib/${value('StateDirectory')}`, join(home, 'state')]]
  const here = (text: string) => places.reduce((text, [there, here]) => text.replaceAll(there, here), text)
  const config = (description: string) => {
    writeFileSync(here('/etc/iris/config.yaml'), `teams: { echo: { path: ${home}/project, agent: echo, description: ${description} } }\napi: { apiKeys: [{ name: ci, key: '\${IRIS_CI_KEY}', permissions: [tell, status] }] }\n`)
  }
  config('one')
  const set = [...settings.filter(({ name }) => name === 'Environment').flatMap(({ value }) => here(value).split(' ')),
    ...readFileSync(here(value('EnvironmentFile')!.replace(/^-/, '')), 'utf8').trim().split('\n')]
  const env = Object.fromEntries(set.map(one => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]))
  env.PATH = `${dirname(process.execPath)}:${env.PATH}`
  env.IRIS_HTTP_PORT = '0'

  const [program, ...args] = here(value('ExecStart')!).split(' ') as [string, ...string[]]
  const server = spawn(program, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => { server.kill('SIGKILL') })
  const url = /listens on (\S+)/.exec(await saying(server.stdout, /Try:/))![1]!
  const bearer = { authorization: 'Bearer a-key-of-the-environment' }

  const reload = saying(server.stderr, /was read again/)
  config('two')
  t.equal(value('ExecReload'), '/bin/kill -HUP $MAINPID')
  server.kill('SIGHUP')
  await reload
  t.match(await (await fetch(`${url}/api/teams`, { headers: bearer })).json(), { teams: [{ config: { description: 'two' } }] })
  t.match(await iris(t, ['status'], { cwd: home, env: { IRIS_HOME: env.IRIS_HOME! } }), { code: 0 }, 'the command line finds it by the data directory')

  const tell = fetch(`${url}/api/teams/tell`, { method: 'POST', headers: { ...bearer, 'content-type': 'application/json' }, body: JSON.stringify({ toTeam: 'echo', message: '!slow 10 100 to the very end' }) })
  const stream = await fetch(`${url}/api/events/stream?after=0`, { headers: { authorization: `Bearer ${readFileSync(join(env.IRIS_HOME!, 'admin.key'), 'utf8').trim()}` } })
  let heard = ''
  for await (const part of stream.body!.pipeThrough(new TextDecoderStream())) if ((heard += part).includes('tell:chunk')) break
  const pid = Number(/event: process:spawned\ndata: .*"pid":(\d+)/.exec(heard)![1])
  t.equal(value('KillMode'), 'mixed', 'the signal goes to Iris alone')
  const exit = once(server, 'exit')
  server.kill('SIGTERM')
  t.match(await (await tell).json(), { response: 'to the very end' })
  t.same(await exit, [0, null])
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, 'its agent has ended with it')
})

t.test('systemd waits for as long as a stop may take', async t => {
  const home = scratch(t)
  writeFileSync(join(home, 'config.yaml'), 'teams: {}\n')
  const { drainTimeout } = loadConfig({ file: join(home, 'config.yaml'), env: {}, cwd: home }).settings
  const closing = Number(/CLOSING = ([\d_]+)/.exec(readFileSync(join(root, 'src/cli/start.ts'), 'utf8'))![1]!.replace('_', ''))
  t.ok(Number(value('TimeoutStopSec')) * 1000 > drainTimeout + closing, `${drainTimeout} + ${closing} ms`)
})
