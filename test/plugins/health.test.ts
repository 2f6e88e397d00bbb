import t from 'tap'
import health from '../../plugins/health.ts'
import { house } from './app.ts'
import { ask, listen } from './ask.ts'

t.test('health needs no key, counts nothing and tells no detail', async t => {
  let ready = true
  const { app } = await house(t)
  await app.register(health, { ready: () => ready })
  const port = await listen(app)
  for (const path of ['/health/live', '/health/ready']) {
    const { status, json, headers } = await ask(port, 'GET', path)
    t.equal(status, 200)
    t.strictSame(json, { status: 'ok' })
    t.notOk(headers['ratelimit-limit'])
  }
  ready = false
  t.match(await ask(port, 'GET', '/health/ready'), { status: 503, json: { statusCode: 503, error: 'NotReadyError' } })
  t.equal((await ask(port, 'GET', '/health/live')).status, 200, 'a draining server lives')
  t.equal((await ask(port, 'GET', '/health/ready', { headers: { host: 'evil.example' } })).status, 403)
})
