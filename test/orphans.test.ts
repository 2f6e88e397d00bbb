import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import type { Tell } from '../schemas/tell.ts'
import { alive } from './agent/ear.ts'
import { ask, startProcess, type ServerProcess } from './fixtures/process.ts'
import { scratch } from './fixtures/wired.ts'

const linux = process.platform === 'linux'

/** Tells, and resolves to the answer. */
async function tell (server: ServerProcess, fromTeam: string, message: string, timeout = 0) {
  return (await ask<Tell>(server, '/teams/tell', { toTeam: 'echo', fromTeam, message, timeout })).body.response
}

/** The watchdogs among the children of a process. */
function watchdogs (parent: number | undefined) {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number).filter(pid => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return state !== 'Z' && Number(ppid) === parent && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('\0iris-watchdog\0')
    } catch {
      return false
    }
  })
}

/** Looks again until it is so. */
async function until (wanted: () => boolean) {
  while (!wanted()) await new Promise(resolve => { setImmediate(resolve) })
}

/** Resolves when none of these lives, and no other of the server's does. */
async function gone (server: ServerProcess, pids: readonly number[]) {
  await until(() => !pids.some(alive))
  t.same(server.descendants(), [])
}

/** A server with an agent in the middle of a turn, a stubborn one, and a grandchild in a session of its own. */
async function busyServer (home: string) {
  const server = await startProcess({ home })
  const orphan = Number((await tell(server, 'a', '!orphan')).slice('echo: '.length))
  await Promise.all([tell(server, 'b', '!stubborn'), tell(server, 'c', '!hang', -1)])
  await until(() => server.agents().length === 3)
  while (!/"busy"/.test(JSON.stringify((await ask(server, '/sessions')).body))) await new Promise(resolve => { setImmediate(resolve) })
  t.ok(server.descendants().includes(orphan), 'the grandchild lives')
  return server
}

t.test('kill -9 of the server ends all its agents and what they started, with no new start', { skip: !linux }, async t => {
  const server = await busyServer(scratch(t))
  const bystander = await startProcess({ home: scratch(t) })
  t.teardown(() => bystander.end())
  await tell(bystander, 'a', 'hello')
  const dogs = watchdogs(server.child.pid)
  t.equal(dogs.length, 1, 'one watchdog')
  const pids = server.descendants()
  const begun = performance.now()
  await server.end('SIGKILL')
  await gone(server, pids)
  t.ok(performance.now() - begun < 5_000, 'within seconds')
  t.equal(bystander.agents().length, 1, 'those of another server live on')
  await until(() => !alive(dogs[0]!))
})

t.test('a second signal ends the server at once, and its stubborn agents with it', { skip: !linux }, async t => {
  const server = await busyServer(scratch(t))
  const exited = once(server.child, 'exit')
  const pids = server.descendants()
  server.child.kill('SIGTERM')
  await until(() => /ends at SIGTERM/.test(server.log()))
  server.child.kill('SIGTERM')
  await exited
  await gone(server, pids)
})

t.test('where the watchdog is killed too, the next start ends them, and a stop leaves neither an agent nor a watchdog', { skip: !linux }, async t => {
  const home = scratch(t)
  const before = await busyServer(home)
  for (const pid of watchdogs(before.child.pid)) process.kill(pid, 'SIGKILL')
  await before.end('SIGKILL')
  const left = before.descendants()
  t.ok(left.length > 0, 'nobody ended them')
  const after = await startProcess({ home })
  t.match(after.log(), /ended the agents of a server that was killed/)
  t.same(after.descendants().filter(pid => left.includes(pid)), [])
  const { body: { events } } = await ask<{ events: { event: string, data: { sessionId: string, reason?: string } }[] }>(after, '/events')
  const sessions = (name: string) => events.flatMap(({ event, data }) => event === name ? [data.sessionId] : []).sort()
  t.equal(sessions('process:spawned').length, 3)
  t.same(sessions('process:terminated'), sessions('process:spawned'), 'the log says of each that it is gone')
  t.match((await ask(after, '/sessions')).body, { sessions: [1, 2, 3].map(() => ({ state: 'asleep', reason: 'the server was killed' })) })

  await tell(after, 'a', '!orphan')
  const dogs = watchdogs(after.child.pid)
  t.equal(dogs.length, 1)
  t.equal(await after.end(), 0)
  t.same(after.descendants(), [])
  t.same(dogs.filter(alive), [])
})
