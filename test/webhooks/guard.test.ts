import t from 'tap'
import { createGuard, type Resolved } from '../../src/webhooks/guard.ts'
import { eventually, hooked, sessionIds } from '../fixtures/hooked.ts'
import { receive } from '../fixtures/receiver.ts'

const REFUSED = [
  '127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '100.100.100.200', '168.63.129.16', '192.0.2.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255',
  '::1', '::', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:a00:1', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::', '2001::1', 'fe80::1', 'fec0::1', 'fd00:ec2::254', 'ff02::1', '2001:db8::1'
]
const PUBLIC = ['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111']
const inUrl = (address: string) => address.includes(':') ? `[${address}]` : address

/** What a socket would be given. */
function look (guard: ReturnType<typeof createGuard>, host: string, options: object = { all: true }): Promise<unknown> {
  return new Promise(resolve => { guard.lookup(host, options, (err, address) => { resolve(err?.message ?? address) }) })
}

t.test('an address inside of the own network is refused, as it stands in the URL and as what a name leads to', async t => {
  for (const address of REFUSED) {
    const guard = createGuard({ allow: () => [], resolve: async () => [{ address, family: address.includes(':') ? 6 : 4 }] })
    t.throws(() => { guard.check(`http://${inUrl(address)}/x`) }, { name: 'ValidationError', message: /no public address/ }, address)
    t.match(await look(guard, 'inside.example'), /^inside\.example \(.*\) is no public address/, address)
  }
})

t.test('however it is written', async t => {
  const guard = createGuard({ allow: () => [] })
  for (const host of ['2130706433', '0x7f.1', '017700000001', '127.1', '[::ffff:7f00:1]', '127.0.0.1.', '[0:0:0:0:0:0:0:1]']) t.throws(() => { guard.check(`http://${host}/`) }, { message: /no public address/ }, host)
  for (const url of ['ftp://example.com/', 'file:///etc/passwd', 'http://user:word@example.com/', 'http://[', 'gopher://8.8.8.8/']) t.throws(() => { guard.check(url) }, { name: 'ValidationError' }, url)
})

t.test('a public address is let through', async t => {
  for (const address of PUBLIC) {
    const found = [{ address, family: address.includes(':') ? 6 : 4 }]
    const guard = createGuard({ allow: () => [], resolve: async () => found })
    guard.check(`https://${inUrl(address)}/x`)
    t.same(await look(guard, 'example.com'), found)
    t.equal(await look(guard, 'example.com', { all: false }), address)
  }
})

t.test('of several addresses only those that pass are connected to', async t => {
  const found: Resolved[] = [{ address: '10.0.0.1', family: 4 }, { address: '8.8.8.8', family: 4 }, { address: '::1', family: 6 }, { address: '2606:4700::1', family: 6 }]
  const guard = createGuard({ allow: () => [], resolve: async () => found })
  t.same(await look(guard, 'mixed.example'), [found[1], found[3]])
  t.equal(await look(guard, 'mixed.example', { family: 6 }), '2606:4700::1')
  t.match(await look(createGuard({ allow: () => [], resolve: async () => [] }), 'none.example'), /has no address/)
  t.match(await look(createGuard({ allow: () => [], resolve: async () => { throw new Error('ENOTFOUND') } }), 'none.example'), /ENOTFOUND/)
})

t.test('what config.yaml lists is let through: addresses, ranges and names', async t => {
  const at = (address: string) => async () => [{ address, family: 4 }]
  const allow = ['10.1.0.0/16', '127.0.0.1', 'Hooks.internal', 'fd00::/8']
  const guard = (address: string) => createGuard({ allow: () => allow, resolve: at(address) })
  guard('').check('http://10.1.9.9/')
  guard('').check('http://[::ffff:10.1.0.7]/')
  guard('').check('http://[fd12::1]/')
  t.throws(() => { guard('').check('http://10.2.0.1/') }, /no public address/)
  t.throws(() => { guard('').check('http://127.0.0.2/') }, /no public address/)
  t.same(await look(guard('192.168.0.7'), 'hooks.internal.'), [{ address: '192.168.0.7', family: 4 }])
  t.match(await look(guard('192.168.0.7'), 'x.hooks.internal'), /no public address/)
})

t.test('a name that changes its mind is followed nowhere: what was checked is what is connected to, and it is asked once', async t => {
  const outside = await receive(t, { host: '127.0.0.2' })
  const inside = await receive(t, { host: '127.0.0.1', port: outside.port })
  const answers = ['127.0.0.2', '127.0.0.1']
  let asked = 0
  const { make, say, rows, pass, services } = hooked(t, {
    webhooks: { allow: ['127.0.0.2/32'] }, // stands for the public
    resolve: async () => [{ address: answers[Math.min(asked++, 1)]!, family: 4 }]
  })
  const { webhook: { webhookId } } = make({ url: `http://rebind.example:${outside.port}/hook` })
  const [session] = sessionIds(1)
  say(session!, 'one')
  await eventually(() => rows(webhookId, 'delivered').length === 1)
  t.equal(asked, 1)
  t.equal(outside.received.length, 1)

  say(session!, 'two')
  await pass(60_000)
  t.ok(asked > 2, 'it was tried again')
  t.match(rows(webhookId, 'pending'), [{ recent: [{ error: /rebind\.example \(127\.0\.0\.1\) is no public address/ }] }])
  t.match(await services.webhooks.test(webhookId, new AbortController().signal), { error: /no public address/ })
  t.equal(outside.received.length, 1)
  t.equal(inside.received.length, 0)
})

t.test('an address that config.yaml allows no longer is connected to no more', async t => {
  const receiver = await receive(t)
  const { make, services } = hooked(t)
  const { webhook: { webhookId } } = make({ url: receiver.url })
  const signal = new AbortController().signal
  t.match(await services.webhooks.test(webhookId, signal), { status: 200 })
  services.reconfigure({ ...services.config(), webhooks: { ...services.config().webhooks, allow: [] } })
  t.match(await services.webhooks.test(webhookId, signal), { error: /no public address/ })
  t.equal(receiver.received.length, 1)
})
