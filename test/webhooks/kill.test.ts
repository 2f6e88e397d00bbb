import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import t from 'tap'
import { told } from '../fixtures/hooked.ts'
import { startProcess, type ServerProcess } from '../fixtures/process.ts'
import { ok, receive, verify } from '../fixtures/receiver.ts'

interface Listed { events: { seq: number, event: string, data: { sessionId: string } }[], resume: { next: number } }

async function call<T> ({ url, key }: ServerProcess, path: string, body?: object): Promise<T> {
  const response = await fetch(`${url}/api${path}`, {
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { method: 'POST', body: JSON.stringify(body) })
  })
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
  return await response.json() as T
}

/** What the log holds of all sessions; the receiver has to have it too. */
async function logged (server: ServerProcess): Promise<Record<string, number[]>> {
  const bySession: Record<string, number[]> = {}
  for (let after = 0; ;) {
    const { events, resume } = await call<Listed>(server, `/events?after=${after}&limit=500`)
    if (events.length === 0) return bySession
    for (const { seq, event, data: { sessionId } } of events) if (event !== 'tell:chunk') (bySession[sessionId] ??= []).push(seq)
    after = resume.next
  }
}

/** Each kill falls into a request that is on its way: never answered, so never known to be taken. */
const KILLS = 4

t.test('a server that is killed while it delivers tells its webhooks exactly the log, at least once and in order', { timeout: 60_000 }, async t => {
  const receiver = await receive(t)
  let server = await startProcess({ webhooks: { allow: ['127.0.0.1'] } })
  const { home } = server
  t.teardown(async () => {
    server.child.kill('SIGKILL')
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  })
  const { secret, webhookId } = await call<{ secret: string, webhookId: string }>(server, '/webhooks', { url: receiver.url, team: 'echo' })

  for (let n = 0; n < KILLS; n++) {
    const last = receiver.received.length + 3 + 4 * n
    const killed = new Promise<void>((resolve, reject) => {
      receiver.behave = response => {
        if (receiver.received.length < last) return ok(response, receiver.received.at(-1)!)
        receiver.behave = () => {}
        server.end('SIGKILL').then(() => { resolve() }, reject)
      }
    })
    const tells = Array.from({ length: 6 }, (_, one) => call(server, '/teams/tell', { toTeam: 'echo', fromTeam: `c${one % 3}`, message: randomUUID(), timeout: 5_000 }).catch(() => {}))
    await killed
    await Promise.all(tells)
    server = await startProcess({ home, webhooks: { allow: ['127.0.0.1'] } })
  }

  receiver.behave = ok
  await Promise.all(['c0', 'c1', 'c2', 'new'].map(fromTeam => call(server, '/teams/tell', { toTeam: 'echo', fromTeam, message: 'the end', timeout: 20_000 })))
  const want = await logged(server)
  const count = Object.values(want).flat().length
  await receiver.until(() => new Set(receiver.received.map(({ frame }) => frame.seq)).size >= count)

  const { bySession, disorder } = told(receiver.received)
  t.same(disorder, [])
  t.same(bySession, want)
  for (const one of receiver.received) t.match(verify(secret, one), { seq: one.frame.seq })
  const repeats = receiver.received.length - count
  t.ok(count > 40 && repeats >= KILLS, `${count} events, ${repeats} of them again`)
  const { deliveries } = await call<{ deliveries: { state: string }[] }>(server, `/webhooks/${webhookId}/deliveries?limit=500`)
  t.ok(deliveries.length === count)
  t.equal(await server.end(), 0)
})
