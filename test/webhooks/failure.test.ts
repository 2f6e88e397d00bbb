import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import { wayFailed } from '../../src/webhooks/failure.ts'
import { createGuard, type Resolve } from '../../src/webhooks/guard.ts'
import { send } from '../../src/webhooks/send.ts'

const never = new AbortController().signal

async function reasonOf (url: string, resolve?: Resolve) {
  const guard = createGuard({ allow: () => ['127.0.0.1', '::1'], resolve })
  const { error } = await send({ url, headers: {}, body: '{}' }, { clock: systemClock, guard, timeout: 10_000, signal: never })
  return error
}

async function portOf (t: Test, server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return (server.address() as AddressInfo).port
}

/** One who does that as soon as he is told something. */
const rude = (deed: (socket: Socket) => void) => createServer(socket => {
  socket.on('error', () => {})
  socket.on('data', () => { deed(socket) })
})

t.test('a delivery that does not come through says in a sentence what is wrong and what to do, and the code of it', async t => {
  const free = createServer()
  const port = await portOf(t, free)
  free.close()
  await once(free, 'close')
  const refused = `nothing listens at 127.0.0.1:${port}. Does the receiver run, and is the port right? (ECONNREFUSED)`
  t.equal(await reasonOf(`http://127.0.0.1:${port}/`), refused)
  const both: Resolve = async () => [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }]
  t.equal(await reasonOf(`http://two.example:${port}/`, both), refused.replace('127.0.0.1', 'two.example'), 'also where several addresses fail')
  const unknown: Resolve = async host => { throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }) }
  t.equal(await reasonOf('https://hoks.example.org/a', unknown), 'there is no host of the name hoks.example.org. Is it spelt right? (ENOTFOUND)')
  const cut = await portOf(t, rude(socket => { socket.resetAndDestroy() }))
  t.equal(await reasonOf(`http://127.0.0.1:${cut}/`), `127.0.0.1:${cut} closed the connection before it answered. Where it wants https, the address must begin with that (ECONNRESET)`)
  t.equal(await reasonOf(`https://127.0.0.1:${cut}/`), `127.0.0.1:${cut} closed the connection before it answered (ECONNRESET)`)
  const other = await portOf(t, rude(socket => { socket.end('SSH-2.0-other\r\n') }))
  t.match(await reasonOf(`http://127.0.0.1:${other}/`), /^what 127\.0\.0\.1:\d+ answers is no HTTP\. .* \(HPE_\w+\)$/)
  const plain = await portOf(t, createHttpServer((_, response) => { response.end() }))
  t.match(await reasonOf(`https://127.0.0.1:${plain}/`), /^no TLS can be agreed on with 127\.0\.0\.1:\d+\. Where it has none, the address must begin with http \(E\w+\)$/)
})

t.test('a certificate that is not to be trusted, and what nobody knows, are put into words too', async t => {
  const say = (code: string | undefined, message = 'raw words') => wayFailed(Object.assign(new Error(message), code !== undefined && { code }), 'https://hooks.example.org/a')
  t.match(say('DEPTH_ZERO_SELF_SIGNED_CERT'), /^the certificate of hooks\.example\.org is signed by nobody .* NODE_EXTRA_CA_CERTS .* \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/)
  t.match(say('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), /certificates in between are missing there \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)$/)
  t.match(say('CERT_HAS_EXPIRED'), /has expired, or the clock of this machine is wrong \(CERT_HAS_EXPIRED\)$/)
  t.match(say('ERR_TLS_CERT_ALTNAME_INVALID'), /is not for the name hooks\.example\.org\. .* \(ERR_TLS_CERT_ALTNAME_INVALID\)$/)
  t.equal(say('EODD'), 'raw words (EODD)')
  t.equal(say('EODD', 'x EODD y'), 'x EODD y')
  t.equal(say(undefined, ''), 'the request failed')
})
