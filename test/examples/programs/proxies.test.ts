import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { browserFor, noBrowser } from '../../browser/chromium.ts'
import { enter, talkTo, tell, tryTell } from '../../browser/visitor.ts'
import { iris } from '../../cli/iris.ts'
import { asking } from '../../fixtures/asking.ts'
import { root } from '../../fixtures/root.ts'
import { missing } from './present.ts'
import { caddy, NAME, nginx, type Start } from './proxies.ts'

const browse = browserFor(t, [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`])

/** An Iris as the head of the example says, and the proxy in front of it. */
async function fronted (t: Test, start: Start, api: { hosts?: string[] } = { hosts: [NAME] }) {
  const server = await asking(t, { api: { trustProxy: true, ...api } })
  const { port, ca } = await start(t, server.url)
  const authorization = `Bearer ${server.key}`
  /** A request as a client elsewhere makes it. */
  async function open (path: string, { body, headers, ...options }: RequestOptions & { body?: object } = {}): Promise<IncomingMessage> {
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      ca: readFileSync(ca),
      servername: NAME,
      method: body === undefined ? 'GET' : 'POST',
      headers: { host: `${NAME}:${port}`, authorization, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      agent: false,
      ...options
    })
    sent.end(body && JSON.stringify(body))
    const [response] = await once(sent, 'response') as [IncomingMessage]
    t.teardown(() => { sent.destroy() })
    return response
  }
  return {
    ...server,
    port,
    ca,
    authorization,
    open,
    /** For clients that look the name up. */
    local: `https://localhost:${port}/iris`,
    async ask (path: string, options?: Parameters<typeof open>[1]) {
      const response = await open(path, options)
      const said = await text(response)
      return { status: response.statusCode, headers: response.headers, said, json: () => JSON.parse(said) as Record<string, unknown> }
    }
  }
}

for (const [name, start] of [['nginx', nginx], ['caddy', caddy]] as const) {
  const without = missing(name, 'openssl')
  const skip = { skip: without }

  t.test(`${name}: calls below the path arrive, small and large, from the address they come from`, skip, async t => {
    const server = await fronted(t, start)
    t.match(await server.ask('/iris'), { status: 308, headers: { location: /\/iris\/$/ } })
    t.match(await server.ask('/iris/health/live'), { status: 200 })
    t.match((await server.ask('/iris/api/teams')).json(), { totalTeams: 1 })
    t.match(await server.ask('/iris/api/teams', { headers: { authorization: '' } }), { status: 401 })
    t.not((await server.ask('/api/teams')).headers['content-type'], 'application/json; charset=utf-8', 'only below the path')
    const message = '漢'.repeat(900_000)
    const large = await server.ask('/iris/api/teams/tell', { body: { toTeam: 'echo', message }, localAddress: '127.0.0.9', headers: { 'x-forwarded-for': '203.0.113.7' } })
    t.equal(large.status, 200, large.said.slice(0, 200))
    t.ok(large.json().response === `echo: ${message}`, 'the whole answer comes back')
    t.match(await server.audited({ tool: 'team_tell' }), { address: '127.0.0.9' }, 'not the one that a client claims')
    t.match((await server.ask('/iris/mcp', { body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } } }, headers: { accept: 'application/json, text/event-stream' } })).said, /"serverInfo"/)
    t.same(server.errors, [])
  })

  t.test(`${name}: a name that api.hosts does not list is refused`, skip, async t => {
    const server = await fronted(t, start, {})
    const { status, said } = await server.ask('/iris/api/teams')
    t.equal(status, 403)
    t.match(said, 'api.hosts')
  })

  t.test(`${name}: events come when they happen`, skip, async t => {
    const server = await fronted(t, start)
    const stream = await server.open('/iris/api/events/stream')
    t.match(stream.headers['content-type'], 'text/event-stream')
    let heard = ''
    let look = () => {}
    stream.on('data', (part: Buffer) => { heard += part.toString(); look() })
    const until = (words: string) => new Promise<void>(resolve => { look = () => { if (heard.includes(words)) resolve() }; look() })
    await until('event: caught_up')
    const { tellId } = (await server.ask('/iris/api/teams/tell', { body: { toTeam: 'echo', message: '!hang', timeout: -1 } })).json()
    await until('event: tell:chunk')
    t.equal((await server.ask(`/iris/api/tells/${String(tellId)}`)).json().state, 'running', 'the first words are there before the answer has ended')
    await server.ask(`/iris/api/tells/${String(tellId)}/cancel`, { body: {} })
    await until('event: tell:error')
  })

  t.test(`${name}: a tell over the WebSocket grows piece by piece, and can be cancelled`, skip, async t => {
    const server = await fronted(t, start)
    const socket = new WebSocket(`wss://localhost:${server.port}/iris/ws`, { ca: readFileSync(server.ca), headers: { authorization: server.authorization } })
    t.teardown(() => { socket.terminate() })
    await once(socket, 'open')
    socket.send(JSON.stringify({ event: 'tell:start', id: '1', data: { toTeam: 'echo', message: '!hang' } }))
    const seen: string[] = []
    for await (const [raw] of on(socket)) {
      const { event, data } = JSON.parse(raw.toString()) as { event: string, data: { tellId: string } }
      seen.push(event)
      if (event === 'tell:chunk') socket.send(JSON.stringify({ event: 'tell:cancel', data: { tellId: data.tellId } }))
      if (event === 'tell:error') break
    }
    t.same(seen.filter(event => event.startsWith('tell:')), ['tell:started', 'tell:chunk', 'tell:error'])
  })

  t.test(`${name}: the command line and the client take an address with a path`, skip, async t => {
    const { key, ca, local } = await fronted(t, start)
    const env = { NODE_EXTRA_CA_CERTS: ca, IRIS_URL: local, IRIS_KEY: key }
    t.match(await iris(t, ['tell', 'echo', 'Hello'], { cwd: root, env }), { code: 0, stdout: 'echo: Hello\n', stderr: '' })
    const script = `import { Iris } from '${join(root, 'dist/clients/js/src/iris.js')}'
      for await (const { text } of new Iris({ url: process.env.IRIS_URL, key: process.env.IRIS_KEY }).stream('echo', '!slow 3 100 onetwothr')) console.log(text)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
    t.equal(await text(child.stdout), 'one\nonetwo\nonetwothr\n')
  })

  t.test(`${name}: the page and Swagger UI work below the path`, { skip: without || noBrowser }, async t => {
    const server = await fronted(t, start)
    const base = `https://${NAME}:${server.port}/iris`
    const { page, complaints } = await browse(t, { ignoreHTTPSErrors: true })
    await enter(page, { url: base, key: server.key })
    t.equal(page.url(), `${base}/`)
    await talkTo(page, 'echo')
    await tell(page, '!slow 6 100 one two three four five six seven')
    await page.locator('.turn .end', { hasText: ' in · ' }).waitFor()
    t.equal(await page.locator('.turn .steps').innerText(), 'one two three four five six seven')

    for (const path of ['/docs', '/docs/']) {
      await page.goto(`${base}${path}`)
      t.match(await tryTell(page, server.key, `Hello from ${path}`), { status: '200', text: new RegExp(`echo: Hello from ${path}`) })
    }
    await page.goto(await page.getByRole('link', { name: "The WebSocket's requests and events" }).getAttribute('href') ?? '')
    t.equal(page.url(), `${base}/docs/events`)
    const [response] = await Promise.all([page.waitForResponse(`${base}/asyncapi.json`), page.getByRole('link', { name: 'AsyncAPI document' }).click()])
    t.equal(response.status(), 200)
    t.same(complaints, [])
    t.same(server.errors, [])
  })
}

t.test('who waits long for an answer is not cut off', async t => {
  const conf = readFileSync(join(root, 'examples/nginx/iris.conf'), 'utf8')
  t.match(conf, /proxy_read_timeout 1h;/, 'nginx gives up after 60 s where nothing is said')
  t.match(conf, /proxy_send_timeout 1h;/)
  t.notMatch(readFileSync(join(root, 'examples/caddy/Caddyfile'), 'utf8'), /timeout/, 'Caddy does not')
})

/** Each message of a socket. */
async function * on (socket: WebSocket): AsyncGenerator<[Buffer]> {
  const came: Buffer[] = []
  let wake = () => {}
  socket.on('message', (raw: Buffer) => { came.push(raw); wake() })
  for (;;) {
    const raw = came.shift()
    if (raw !== undefined) yield [raw]
    else await new Promise<void>(resolve => { wake = resolve })
  }
}
