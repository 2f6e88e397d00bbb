import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocketServer, type WebSocket } from 'ws'
import { iris, saying, start } from './iris.ts'
import { json, scripted } from './upstream.ts'

interface Sent { event: string, id: string, data: { tellId: string } & Record<string, unknown> }

/** A server that speaks by script: `frames` hears each frame of the client, `tell` is what REST says of the tell. */
async function server (t: Test, { frames, tell }: { frames (socket: WebSocket, frame: Sent): void, tell (path: string): [status: number, body: object] }) {
  const rest: string[] = []
  const scriptedServer = await scripted(t, () => { /* upgrades and GETs are handled below */ })
  const sockets = new WebSocketServer({ noServer: true })
  const { http } = scriptedServer
  http.removeAllListeners('request')
  http.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, client => {
      client.on('message', (data: Buffer) => { frames(client, JSON.parse(data.toString()) as Sent) })
    })
  })
  http.on('request', (request, response) => {
    rest.push(`${request.method!} ${request.url!}`)
    const [status, body] = tell(request.url!)
    json(response, body, status)
  })
  const url = ['--url', scriptedServer.target.url]
  return { rest, url, cwd: t.testdir({}) }
}

const say = (socket: WebSocket, event: string, data: object, id?: string) => { socket.send(JSON.stringify({ event, data, id })) }
const ended = (state: string, response: string, error?: object) => ({ tellId: 'x', state, response, from: 'a', to: 'b', ...(error && { error }) })

t.test('chunks are printed as they come, one that begins again on a line of its own', async t => {
  const { url, cwd, rest } = await server(t, {
    frames (socket, { event, data: { tellId, ...input }, id }) {
      t.strictSame([event, input], ['tell:start', { toTeam: 'web', message: 'hello you', fromTeam: 'me' }])
      const chunk = (offset: number, chunk: string) => { say(socket, 'tell:chunk', { tellId, offset, chunk }, id) }
      say(socket, 'hello', { version: '1', head: 0 })
      say(socket, 'tell:chunk', { tellId: 'another', offset: 0, chunk: 'not mine' })
      chunk(0, 'one ')
      chunk(4, 'tow')
      chunk(4, 'two')
      say(socket, 'tell:complete', { tellId, response: 'one two' }, id)
    },
    tell: () => [200, ended('completed', 'one two')]
  })
  t.strictSame(await iris(t, ['tell', 'web', 'hello', 'you', '--from', 'me', ...url], { cwd }), { code: 0, stdout: 'one tow\ntwo\n', stderr: '' })
  t.equal(rest.length, 1)
})

t.test('--json prints the tell in its end, and nothing before', async t => {
  const { url, cwd } = await server(t, {
    frames (socket, { data: { tellId } }) {
      say(socket, 'tell:chunk', { tellId, offset: 0, chunk: 'one' })
      say(socket, 'tell:error', { tellId })
    },
    tell: () => [200, ended('failed', 'one', { message: 'It broke' })]
  })
  const { code, stdout, stderr } = await iris(t, ['tell', 'web', 'hello', '--json', ...url], { cwd })
  t.match(JSON.parse(stdout), { state: 'failed', response: 'one' })
  t.match({ code, stderr }, { code: 1, stderr: 'iris: It broke\n' })
})

t.test('a refused tell says the server\'s words', async t => {
  const { url, cwd, rest } = await server(t, {
    frames (socket, { id }) { say(socket, 'error', { error: 'TeamNotFoundError', message: "No team is named 'web'", statusCode: 404 }, id) },
    tell: () => [500, {}]
  })
  t.strictSame(await iris(t, ['tell', 'web', 'hello', ...url], { cwd }), { code: 1, stdout: '', stderr: "iris: No team is named 'web'\n" })
  t.strictSame(rest, [])
})

t.test('a connection that breaks is made up for by asking for the tell until it has ended', async t => {
  let id = ''
  let asked = 0
  const { url, cwd, rest } = await server(t, {
    frames (socket, { data: { tellId } }) {
      id = tellId
      socket.send(JSON.stringify({ event: 'tell:chunk', data: { tellId, offset: 0, chunk: 'one ' } }), () => { socket.terminate() })
    },
    tell: () => asked++ === 0 ? [200, ended('running', 'one ')] : [200, ended('completed', 'one two')]
  })
  t.strictSame(await iris(t, ['tell', 'web', 'hello', ...url], { cwd }), { code: 0, stdout: 'one two\n', stderr: '' })
  t.match(id, /^[0-9a-f-]{36}$/)
  t.strictSame(rest, Array.from({ length: 2 }, () => `GET /api/tells/${id}?wait=20000`))
})

t.test('a connection that breaks before the tell was taken is said so', async t => {
  const { url, cwd } = await server(t, {
    frames (socket) { socket.terminate() },
    tell: () => [404, { error: 'TellNotFoundError', message: 'No tell', statusCode: 404 }]
  })
  t.match(await iris(t, ['tell', 'web', 'hello', ...url], { cwd }), { code: 1, stdout: '', stderr: /took no tell: the connection broke first/ })
})

t.test('--timeout ends the waiting, not the tell', async t => {
  let id = ''
  const { url, cwd, rest } = await server(t, {
    frames (socket, { data: { tellId } }) {
      id = tellId
      say(socket, 'tell:chunk', { tellId, offset: 0, chunk: 'on and' })
    },
    tell: () => [500, {}]
  })
  const { code, stdout, stderr } = await iris(t, ['tell', 'web', 'hello', '--timeout', '300ms', ...url], { cwd })
  t.match({ code, stdout }, { code: 1, stdout: 'on and\n' })
  t.match(stderr, new RegExp(`^iris: No answer yet\\. The tell goes on: GET .*/api/tells/${id} finds its answer\n$`))
  t.strictSame(rest, [])
})

t.test('the first Ctrl-C cancels the tell and waits for its end, the second one leaves', async t => {
  const seen: string[] = []
  const sockets: [WebSocket, string][] = []
  const { url, cwd } = await server(t, {
    frames (socket, { event, data: { tellId } }) {
      seen.push(event)
      if (event === 'tell:start') say(socket, 'tell:chunk', { tellId, offset: 0, chunk: 'working' })
      else sockets.push([socket, tellId])
      if (event === 'tell:cancel' && seen.length === 2) say(socket, 'tell:error', { tellId })
      if (event === 'tell:cancel' && seen.length === 4) say(socket, 'tell:chunk', { tellId, offset: 7, chunk: ' still' })
    },
    tell: () => [200, ended('cancelled', 'working', { message: 'The tell was cancelled' })]
  })
  const one = start(t, ['tell', 'web', 'hello', ...url], { cwd })
  await saying(one.stdout!, /working/)
  one.kill('SIGINT')
  const [[code], said] = await Promise.all([once(one, 'exit'), saying(one.stderr!, /\n/)])
  t.strictSame([code, said], [1, 'iris: The tell was cancelled\n'])

  const two = start(t, ['tell', 'web', 'hello', ...url], { cwd })
  await saying(two.stdout!, /working/)
  two.kill('SIGINT')
  await saying(two.stdout!, / still/)
  two.kill('SIGINT')
  const [[left], last] = await Promise.all([once(two, 'exit'), saying(two.stderr!, /\n/)])
  t.strictSame([left, last], [1, 'iris: Left; the tell may still run\n'])
  t.strictSame(seen, ['tell:start', 'tell:cancel', 'tell:start', 'tell:cancel'])
})

t.test('a message comes from stdin by -', async t => {
  let message: unknown
  const { url, cwd } = await server(t, {
    frames (socket, { data }) {
      message = data.message
      say(socket, 'tell:complete', { tellId: data.tellId, response: '' })
    },
    tell: () => [200, ended('completed', '')]
  })
  t.match(await iris(t, ['tell', 'web', '-', ...url], { cwd, input: 'größer\nlines\n\n' }), { code: 0 })
  t.equal(message, 'größer\nlines')
})
