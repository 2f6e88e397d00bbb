import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { receive } from '../../fixtures/receiver.ts'
import { root } from '../../fixtures/root.ts'
import { run, type Running } from '../../fixtures/running.ts'
import { missing } from './present.ts'

const skip = { skip: missing('python3') }
const words = (body: string) => (JSON.parse(body) as { text: string }).text

function start (t: Test, { url, key }: Pick<Running, 'url' | 'key'>, args: string[] = []) {
  const child = spawn('python3', [join(root, 'examples/monitor/monitor.py'), ...args], { env: { PATH: process.env.PATH, IRIS_URL: url, IRIS_KEY: key }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => { child.kill('SIGKILL') })
  return child
}

async function look (...args: Parameters<typeof start>) {
  const child = start(...args)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number]>])
  return { code, out, err }
}

async function two (t: Test) {
  const server = await run(t, { teams: { backend: {}, gone: { path: '/nowhere', unavailable: 'the directory /nowhere does not exist' } } })
  const ask = async (path: string) => { t.equal((await fetch(`${server.url}/api/teams/${path}`, { method: 'POST', headers: { authorization: `Bearer ${server.key}` } })).status, 200) }
  return { ...server, ask, watcher: { url: server.url, key: server.makeKey({ permissions: ['status'] }) } }
}

t.test('all teams that are looked at are awake: nothing is said', skip, async t => {
  const { ask, watcher } = await two(t)
  await ask('echo/wake')
  await ask('backend/wake')
  t.same(await look(t, watcher, ['echo', 'backend']), { code: 0, out: '', err: '' })
  t.same(await look(t, { ...watcher, key: `${watcher.key}\n` }, ['echo', 'backend']), { code: 0, out: '', err: '' }, 'also with a key that ends in a line break')
})

t.test('teams that are asleep, cannot work or do not exist are named, and told to the webhook', skip, async t => {
  const { ask, watcher } = await two(t)
  const receiver = await receive(t)
  await ask('echo/wake')
  const said = 'Team backend is asleep\nTeam gone cannot work: the directory /nowhere does not exist'
  t.same(await look(t, watcher, ['--webhook', receiver.url]), { code: 1, out: `${said}\n`, err: '' })
  t.same(receiver.received.map(({ body }) => JSON.parse(body) as unknown), [{ text: said }])
  t.match(await look(t, watcher, ['nobody']), { code: 1, out: /There is no team nobody/ })
})

t.test('an Iris that refuses or is not there is an alert of its own', skip, async t => {
  const server = await two(t)
  t.match(await look(t, { url: server.url, key: 'iris_sk_wrong' }), { code: 2, out: /gives no answer: HTTP Error 401/ })
  await server.close()
  const { code, out } = await look(t, server.watcher, ['--webhook', server.url])
  t.equal(code, 2)
  t.match(out, /gives no answer: .*refused/)
})

t.test('an answer that breaks off, or is not of Iris, is an alert too', skip, async t => {
  const answers = ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"teams":', 'garbage\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]']
  for (const answer of answers) {
    const server = createServer(socket => { socket.once('data', () => { socket.end(answer) }) }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => { server.close() })
    t.match(await look(t, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'x' }), { code: 2, out: /gives no answer: /, err: '' }, answer)
  }
})

t.test('it goes on looking, and tells what has changed once', skip, async t => {
  const { ask, watcher } = await two(t)
  const receiver = await receive(t)
  const child = start(t, watcher, ['echo', '--every', '0.05', '--webhook', receiver.url])
  await receiver.until(() => receiver.received.length === 1)
  await ask('echo/wake')
  await receiver.until(() => receiver.received.length === 2)
  await ask('echo/sleep')
  await receiver.until(() => receiver.received.length === 3)
  child.kill()
  t.same(receiver.received.map(({ body }) => words(body)), ['Team echo is asleep', 'Well again: echo', 'Team echo is asleep'])
})
