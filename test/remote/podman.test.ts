/** Where a real podman is there and may run as this user: agents in its containers. Elsewhere it is skipped, with the reason. */
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Container } from '../../schemas/place.ts'
import type { Team } from '../../schemas/config.ts'
import { createEcho } from '../../src/agent/echo.ts'
import { createPlaces, elsewhere } from '../../src/agent/launch/places.ts'
import { systemClock } from '../../src/clock.ts'
import { createEar, startOf } from '../agent/ear.ts'
import { root } from '../fixtures/root.ts'
import { scratch } from '../fixtures/wired.ts'

const IMAGE = 'localhost/iris-test'
/** Makes do with what old kernels and narrow machines have. */
const CONF = '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]\n'

function podman (env: Record<string, string>, ...args: string[]) {
  const { status, stdout, stderr, error } = spawnSync('podman', args, { env, encoding: 'utf8', timeout: 60_000 })
  return { ok: status === 0, out: stdout ?? '', why: error?.message ?? stderr.trim().split('\n').at(-1)! }
}

/** An image of nothing: programs and libraries are those of this machine. */
function prepare (t: Test) {
  const folder = scratch(t)
  const env = { PATH: process.env.PATH ?? '', HOME: folder, CONTAINERS_CONF: join(folder, 'containers.conf') }
  writeFileSync(env.CONTAINERS_CONF, CONF)
  const image = join(folder, 'image')
  for (const name of ['tmp', 'proc', 'sys', 'dev', 'etc', 'root', 'run', 'usr']) mkdirSync(join(image, name), { recursive: true })
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) if (existsSync(`/${name}`) && lstatSync(`/${name}`).isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), join(image, name))
  spawnSync('tar', ['-C', image, '-cf', join(folder, 'image.tar'), '.'])
  const imported = podman(env, 'import', join(folder, 'image.tar'), IMAGE)
  const args = ['--network', 'none', '--volume', '/usr:/usr:ro', '--volume', `${root}:${root}:ro`]
  const tried = imported.ok ? podman(env, 'run', '-i', '--rm', '--init', '--pull', 'never', ...args, IMAGE, 'node', '--version') : imported
  const project = join(folder, 'a project')
  mkdirSync(project)
  return { env, args, project, folder, skip: tried.ok ? false : `podman cannot run here: ${tried.why}` }
}

t.test('An agent in a real container', async t => {
  const { env, args, project, folder, skip } = prepare(t)
  if (skip !== false) return t.comment(skip)
  t.teardown(() => { podman(env, 'rmi', '-f', IMAGE) })
  const agentIn = (container: Partial<Container>) => {
    const places = createPlaces({ clock: systemClock, owner: folder, environment: env, patience: () => 20_000 })
    const team = { name: 'box', container: { engine: 'podman', ...container } } as Team
    return { place: places.of(team)!, agent: elsewhere(places.of(team)!, createEcho({ clock: systemClock, owner: folder })) }
  }
  const running = () => podman(env, 'ps', '-aq').out.split('\n').filter(line => line !== '')
  const say = async (living: Awaited<ReturnType<ReturnType<typeof agentIn>['agent']['start']>>, ear: ReturnType<typeof createEar>, id: string, text: string) => {
    living.send(id, { text })
    return (await ear.until('text')).text
  }

  await t.test('of an image answers, has the directory, and is gone with its session, however that ends', async t => {
    const { agent, place } = agentIn({ image: IMAGE, args })
    for (const how of ['asked', 'killed'] as const) {
      const ear = createEar()
      const living = await agent.start(startOf(project, ear, { env: {} }))
      t.equal(place.status().state, 'online')
      t.equal(await say(living, ear, '00000000-0000-4000-8000-000000000001', 'Grüße'), 'echo: Grüße')
      t.equal(running().length, 1)
      if (how === 'asked') t.match(await living.stop(), { code: 0 })
      else {
        process.kill(living.pid!, 'SIGKILL')
        t.match((await ear.until('exit')).exit, { disconnected: /broke/ })
      }
      t.strictSame(running(), [], how)
    }
  })

  await t.test('that runs already is left running, without the agent', async t => {
    const name = `iris-test-${process.pid}`
    t.ok(podman(env, 'run', '-d', '--rm', '--init', '--name', name, ...args, '--volume', `${project}:/work`, IMAGE, 'sleep', '1000').ok)
    t.teardown(() => { podman(env, 'rm', '-f', name) })
    const { agent } = agentIn({ name })
    const processes = () => podman(env, 'exec', name, 'sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "').out
    for (const how of ['asked', 'killed'] as const) {
      const ear = createEar()
      const start = startOf('/work', ear, { env: {} })
      const living = await agent.start(start)
      t.equal(await say(living, ear, '00000000-0000-4000-8000-000000000002', 'hello'), 'echo: hello')
      t.match(processes(), /echo-program/)
      if (how === 'asked') {
        await living.stop()
        t.notMatch(processes(), /echo-program/)
      } else {
        process.kill(living.pid!, 'SIGKILL')
        await ear.until('exit')
        const next = await agent.start(startOf('/work', createEar(), { env: {}, sessionId: start.sessionId }))
        t.equal(processes().split('echo-program').length - 1, 1, 'the killed one is not in the way')
        await next.stop()
        t.notMatch(processes(), /echo-program/)
      }
    }
    t.equal(running().length, 1)
  })

  await t.test('of an image that is not there fails at once, and says so', async t => {
    const { agent } = agentIn({ image: 'localhost/iris-no-such-image' })
    await t.rejects(agent.start(startOf(project, createEar())), { name: 'AgentError', message: /gives no shell: .*iris-no-such-image/, details: { reason: 'refused' } })
  })
})
