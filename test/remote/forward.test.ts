import { createServer } from 'node:http'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import type { Agent, Exit, Start } from '../../src/agent/agent.ts'
import { elsewhere } from '../../src/agent/launch/places.ts'
import { spawnChild } from '../../src/agent/child.ts'
import { systemClock } from '../../src/clock.ts'
import { AgentError } from '../../src/errors.ts'
import { createEar, startOf } from '../agent/ear.ts'
import { scratch } from '../fixtures/wired.ts'
import { echoAt } from './lab.ts'
import { skip, startSshd } from './sshd.ts'

/** A kind of agent that calls back once, and says what it was answered. */
const caller: Agent = {
  start: async start => await new Promise((resolve, reject) => {
    if (start.env.IRIS_URL !== start.access?.url) reject(new Error('its environment says another address'))
    let out = ''
    let child: Awaited<ReturnType<typeof spawnChild>> | undefined
    const exit = (exit: Exit) => { reject(new AgentError(`it ended: ${exit.stderr}`)) }
    const source = `const { url, key } = JSON.parse(process.env.ACCESS)
      fetch(url + '/who', { headers: { authorization: key } }).then(r => r.text()).then(text => console.log(url + ' ' + text), err => console.log('failed ' + err.cause)); process.stdin.resume()`
    spawnChild({
      command: process.execPath,
      args: ['-e', source],
      cwd: start.cwd,
      env: { ACCESS: JSON.stringify(start.access) },
      launch: start.launch,
      owner: start.cwd,
      sessionId: start.sessionId,
      clock: systemClock,
      exit,
      stdout (chunk) {
        out += chunk.toString()
        if (out.includes('\n')) resolve({ pid: child!.pid, version: out.trim(), capabilities: { resume: false, fork: false }, send () {}, interrupt () {}, answer () {}, stop: child!.stop })
      }
    }).then(made => { child = made }, reject)
  })
}

async function backOffice (t: Test) {
  const calls: (string | undefined)[] = []
  const server = createServer((request, response) => {
    calls.push(request.headers.authorization)
    response.end(`hello ${request.headers.authorization} at ${request.headers.host}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return { calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const starting = (t: Test, more: Partial<Start>) => startOf(scratch(t), createEar(), { sessionId: randomUUID(), env: more.access === undefined ? {} : { IRIS_URL: more.access.url }, ...more })

t.test('An agent\'s calls back from another host', { skip }, async t => {
  t.test('go through the connection, with its own key, and end with the session', async t => {
    const sshd = await startSshd(t)
    const { calls, url } = await backOffice(t)
    const { place } = echoAt(sshd.folder, sshd.remote)
    const agent = await elsewhere(place, caller).start(starting(t, { access: { url, key: 'own-key' } }))
    const [there, said] = agent.version!.split(/ (.*)/s)
    t.not(there, url)
    t.equal(said, `hello own-key at ${new URL(there!).host}`)
    t.strictSame(calls, ['own-key'])
    t.equal(await (await fetch(there!, { headers: { authorization: 'x' } })).text(), `hello x at ${new URL(there!).host}`, 'it is a port of the host, which anybody there can reach, and which gives nobody a key')
    await agent.stop()
    await t.rejects(fetch(there!), 'the forward is closed')
  })

  t.test('need no forward where the agent has no access: none is made', async t => {
    const sshd = await startSshd(t, ['AllowTcpForwarding no'])
    const { agent } = echoAt(sshd.folder, sshd.remote)
    const living = await agent.start(starting(t, {}))
    t.equal(living.version, 'echo-1')
    await living.stop()
  })

  t.test('where the host forwards nothing the start fails, and says so', async t => {
    const sshd = await startSshd(t, ['AllowTcpForwarding no'])
    const { url } = await backOffice(t)
    const { place } = echoAt(sshd.folder, sshd.remote)
    await t.rejects(elsewhere(place, caller).start(starting(t, { access: { url, key: 'own-key' } })), { name: 'AgentError', message: /does not forward the agent's calls back: .*forwarding failed/, details: { reason: 'forward' } })
    t.match(place.status(), { state: 'error', reason: /forward/ })
  })

  t.test('of two sessions each have a port of their own', async t => {
    const sshd = await startSshd(t)
    const { url } = await backOffice(t)
    const { place } = echoAt(sshd.folder, sshd.remote)
    const first = await elsewhere(place, caller).start(starting(t, { access: { url, key: 'a' } }))
    const second = await elsewhere(place, caller).start(starting(t, { access: { url, key: 'b' } }))
    t.not(first.version!.split(' ')[0], second.version!.split(' ')[0])
    await Promise.all([first.stop(), second.stop()])
  })
})
