import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Container } from '../../../schemas/place.ts'
import type { Team } from '../../../schemas/config.ts'
import { containerArguments, judgeContainer } from '../../../src/agent/launch/container.ts'
import { createPlaces, elsewhere } from '../../../src/agent/launch/places.ts'
import { createEcho } from '../../../src/agent/echo.ts'
import { systemClock } from '../../../src/clock.ts'
import { createEar, scratch, startOf } from '../ear.ts'

/** An engine that is none: it notes what it is told, and runs a container's command here. `ps` finds one of an earlier server. */
const ENGINE = `#!/bin/sh
for word in "$@"; do printf '%s\\0' "$word"; done >> "$LOG"; printf '\\n\\0' >> "$LOG"
case $1 in
  run|exec)
    [ -z "$SAYS" ] || { echo "$SAYS" >&2; exit 125; }
    while [ "$1" != sh ]; do shift; done
    exec "$@";;
  ps) echo 0123456789ab; echo 'not an id';;
esac
`

/** An agent in a container of that engine. */
function lab (t: Test, container: Partial<Container>, { says = '' } = {}) {
  const bin = scratch(t)
  const log = join(bin, 'log')
  writeFileSync(log, '')
  writeFileSync(join(bin, 'docker'), ENGINE.replaceAll('$LOG', log).replaceAll('$SAYS', says), { mode: 0o755 })
  const cwd = join(scratch(t), 'a, "b" $(c)')
  mkdirSync(cwd)
  const places = createPlaces({ clock: systemClock, owner: bin, environment: { PATH: `${bin}:${process.env.PATH}`, SECRET: 'x' }, patience: () => 20_000 })
  const team = (name: string) => ({ name, container: { engine: 'docker', ...container } }) as Team
  const agent = (name = 'box') => elsewhere(places.of(team(name))!, createEcho({ clock: systemClock, owner: bin }))
  const told = () => readFileSync(log, 'utf8').split('\n\0').slice(0, -1).map(line => line.split('\0').slice(0, -1))
  return { agent, cwd, told, status: () => places.of(team('box'))!.status() }
}

t.test('An agent in a container of its own: made for the session, ended with it', async t => {
  const { agent, cwd, told, status } = lab(t, { image: 'my-image', mounts: ['/a:/b:ro'], args: ['--memory=2g'] })
  const ear = createEar()
  const start = startOf(cwd, ear, { env: { TOKEN: 'hunter2' } })
  const living = await agent().start(start)
  t.match(status(), { where: 'my-image', state: 'online' })
  living.send(randomUUID(), { text: 'hello' })
  t.match(await ear.until('text'), { text: 'echo: hello' })
  t.match(await living.stop(), { code: 0, expected: true })

  const [ps, sweep, run, remove] = told()
  t.match(ps!.join(' '), /^ps -aq --filter label=iris\.owner=[0-9a-f]{16}$/)
  t.strictSame(sweep, ['rm', '-f', '0123456789ab'], 'what an earlier server left is gone before')
  t.strictSame(run!.slice(0, 7), ['run', '-i', '--rm', '--init', '--pull', 'never', '--name'])
  t.equal(run![7], `iris-${start.sessionId}`)
  const mount = `type=bind,"source=${cwd.replaceAll('"', '""')}","target=${cwd.replaceAll('"', '""')}"`
  t.strictSame(run!.slice(8, -2), ['--label', run![9], '--mount', mount, '--volume', '/a:/b:ro', '--memory=2g', 'my-image', 'sh'])
  t.notMatch(run!.join(' '), /hunter2|SECRET/, 'no secret is among the arguments')
  t.strictSame(remove, ['rm', '-f', `iris-${start.sessionId}`])
})

t.test('What an earlier server left is looked for once, or it would be what another team runs', async t => {
  const { agent, cwd, told } = lab(t, { image: 'my-image' })
  for (const name of ['one', 'two']) await (await agent(name).start(startOf(cwd, createEar()))).stop()
  t.equal(told().filter(([verb]) => verb === 'ps').length, 1)
})

t.test('An agent in a container that runs already: it ends, the container stays', async t => {
  const { agent, cwd, told } = lab(t, { name: 'devbox', args: ['--user', 'me'] })
  const living = await agent().start(startOf(cwd, createEar()))
  await living.stop()
  const calls = told().filter(([verb]) => verb !== 'ps' && verb !== 'rm')
  t.strictSame(calls.map(words => words.slice(0, -1)), [['exec', '-i', '--user', 'me', 'devbox', 'sh', '-c'].slice(0, -1)].map(words => [...words, '-c']))
})

t.test('An engine that is away is waited for; an image that is not there is not', async t => {
  const away = lab(t, { image: 'my-image' }, { says: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' })
  await t.rejects(away.agent().start(startOf(away.cwd, createEar())), { name: 'AgentError', message: /engine of 'my-image' cannot be reached: Cannot connect/, details: { reason: 'unreachable' } })
  t.match(away.status(), { state: 'offline' })
  const missing = lab(t, { image: 'my-image' }, { says: 'docker: Error response from daemon: No such image: my-image:latest' })
  await t.rejects(missing.agent().start(startOf(missing.cwd, createEar())), { name: 'AgentError', message: /'my-image' gives no shell: .*No such image/, details: { reason: 'refused' } })
  t.match(missing.status(), { state: 'error' })
})

t.test('The last of an engine\'s words that is no advice is the reason', async t => {
  t.equal(judgeContainer('x', "docker: invalid reference format.\nSee 'docker run --help'.\n").message, "'x' gives no shell: docker: invalid reference format.")
  t.strictSame(containerArguments({ engine: 'podman', image: 'x' }, { session: 's', owner: 'o', cwd: '/plain' }).slice(10, 12), ['--mount', 'type=bind,source=/plain,target=/plain'])
})
