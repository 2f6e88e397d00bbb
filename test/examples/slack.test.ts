import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { receive } from '../fixtures/receiver.ts'
import { root } from '../fixtures/root.ts'
import { run, type Running } from '../fixtures/running.ts'

async function setUp (t: Test, { url, key }: Running, hook: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(root, 'examples/slack/slack.mjs'), ...args], { env: { IRIS_URL: url, IRIS_KEY: key, SLACK_WEBHOOK: hook }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => { child.kill('SIGKILL') })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number]>])
  return { code, out, err }
}

/** What Slack takes of an incoming webhook. */
const SLACK = { 'content-type': /^application\/json/ }

t.test('the channel reads how a tell has ended, in sentences', async t => {
  const slack = await receive(t)
  const server = await run(t, { webhooks: { allow: ['127.0.0.1'] } })
  t.match(await setUp(t, server, slack.url), { code: 0, out: /^Webhook [-0-9a-f]{36}: Slack has taken a message\n$/, err: '' })
  const tell = (message: string) => fetch(`${server.url}/api/teams/tell`, {
    method: 'POST', headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }, body: JSON.stringify({ toTeam: 'echo', fromTeam: 'ops', message })
  })
  await tell('is <!channel> well?')
  await tell('!fail the disk is full')
  await slack.until(() => slack.received.length === 3)
  for (const { headers, body } of slack.received) {
    t.match(headers, SLACK)
    t.same(Object.keys(JSON.parse(body) as object), ['text'])
  }
  const [, answered, failed] = slack.received.map(({ body }) => (JSON.parse(body) as { text: string }).text)
  t.equal(answered, 'echo answers ops: echo: is &lt;!channel&gt; well?')
  t.match(failed, /^A tell to echo is failed: .*the disk is full/)
  t.same(server.errors, [])
})

t.test('run again it finds the webhook that is there', async t => {
  const slack = await receive(t)
  const server = await run(t, { webhooks: { allow: ['127.0.0.1'] } })
  const [first, second] = [await setUp(t, server, slack.url), await setUp(t, server, slack.url)]
  t.equal(first.out, second.out)
  t.match(await setUp(t, server, slack.url, 'echo'), { code: 0 }, 'another team is another webhook')
  t.same(server.services.webhooks.list({}, { limit: 9 }).rows.map(({ team, format }) => [team, format]), [['echo', 'slack'], ['*', 'slack']])
})

t.test('what Slack or Iris refuses is said', async t => {
  const slack = await receive(t, { behave: response => { response.writeHead(404).end('no_service') } })
  const server = await run(t, { webhooks: { allow: ['127.0.0.1'] } })
  t.match(await setUp(t, server, slack.url), { code: 1, out: /Slack has taken nothing: .*404/ })
  t.match(await setUp(t, { ...server, key: server.makeKey({ permissions: ['tell'] }) }, slack.url), { code: 1, err: /ForbiddenError/ })
})
