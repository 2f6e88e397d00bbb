import t from 'tap'
import { Model } from '../../clients/page/model.ts'

const [sessionId, tellId] = ['session', 'tell']
let seq = 0
const event = (event: string, data: object = {}) => ({ event, seq: ++seq, data: { sessionId, tellId, ...data } })
const limited = (until: number) => event('cache:message', { message: { type: 'system', data: { subtype: 'rate_limited', until } } })

t.test('a tell that waits for its model service says until when, and no more once it is answered', async t => {
  const model = new Model()
  model.setSessions([{ sessionId, from: 'me', to: 'echo', state: 'idle', since: 0, reason: '', current: true, queued: 0, createdAt: 0, lastUsedAt: 0 }], [])
  const [session] = model.sessionsOf('echo')
  model.apply(event('tell:started'), 1)
  model.apply(limited(60_000), 2)
  t.equal(session!.limitedUntil, 60_000)
  model.apply(event('cache:message', { message: { type: 'system', data: { subtype: 'status' } } }), 3)
  t.equal(session!.limitedUntil, 60_000)
  model.apply(event('tell:chunk', { offset: 0, chunk: 'x' }), 4)
  t.equal(session!.limitedUntil, undefined)
})
