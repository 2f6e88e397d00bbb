import t from 'tap'
import type { Settings } from '../schemas/config.ts'
import type { Wiring } from '../src/services.ts'
import { wire } from './fixtures/wired.ts'

/** Something said between a pair, `length` characters. Returns its session. */
function say ({ sessions, log }: Wiring, from: string, length = 1) {
  const { id: sessionId } = sessions.open(from, 'echo')
  log.append({ event: 'cache:message', data: { sessionId, team: 'echo', message: { timestamp: 1, type: 'user', data: { text: 'x'.repeat(length) } } } })
  return sessionId
}

const bounds: [what: string, settings: Partial<Settings>, left: [busy: number, quiet: number]][] = [
  ['nothing', {}, [3_000, 3]],
  ['age', { keepEvents: 10_000 }, [0, 3]],
  ['number', { maxEvents: 100 }, [97, 3]],
  ['size', { maxLogSize: 100_000 }, [231, 3]],
  ['number per session', { maxSessionEvents: 50 }, [50, 3]],
  ['size per session', { maxSessionSize: 100_000 }, [234, 3]],
  ['number, and of a session less', { maxEvents: 100, maxSessionEvents: 2 }, [2, 2]]
]
for (const [what, settings, left] of bounds) {
  t.test(`the log is kept within its bounds: ${what}`, async t => {
    const { services, clock, errors } = wire(t, { settings })
    let busy = ''
    for (let n = 0; n < 3_000; n++) busy = say(services, 'busy')
    await clock.advance(55_000)
    let quiet = ''
    for (let n = 0; n < 3; n++) quiet = say(services, 'quiet')
    await clock.advance(6_000)
    t.same([busy, quiet].map(id => services.cache.stats(id).entries), left)
    t.same(errors, [])
  })
}
