import t from 'tap'
import { ClientQuestions } from '../../plugins/mcp/client-questions.ts'
import { standingClock } from './socket.ts'

const form = { message: 'May it?', requestedSchema: { type: 'object' as const, properties: {}, required: [] } }

function create () {
  const said: any[] = [] // eslint-disable-line @typescript-eslint/no-explicit-any
  const clock = standingClock()
  const withdrawn = new AbortController()
  const questions = new ClientQuestions(message => { said.push(message) }, clock.after)
  return { said, clock, withdrawn, questions, ask: (question = 'q') => questions.ask(question, form, { signal: withdrawn.signal, within: 1_000 }) }
}

t.test('a question is answered by its id, with a result or an error', async t => {
  const { said, clock, questions, ask } = create()
  const [first, second] = [ask('a'), ask('b')]
  t.match(said, [{ id: 1, method: 'elicitation/create', params: form }, { id: 2, method: 'elicitation/create' }])
  questions.hear({ id: 7, result: {} })
  questions.hear({ id: 2, result: { action: 'accept' } })
  questions.hear({ id: 1, error: { code: -1, message: 'nobody is here' } })
  t.strictSame(await second, { action: 'accept' })
  await t.rejects(first, /nobody is here/)
  t.equal(clock.pending, 0)
  t.equal(said.length, 2)
})

t.test('one that is withdrawn, or not answered in time, need not be answered any more', async t => {
  for (const [how, why] of [['signal', /decided/], ['clock', /in time/]] as const) {
    const { said, clock, withdrawn, ask } = create()
    const asked = ask()
    if (how === 'signal') withdrawn.abort('It is decided')
    else clock.advance(1_000)
    await t.rejects(asked, why)
    t.match(said[1], { method: 'notifications/cancelled', params: { requestId: 1, reason: why } })
    t.equal(clock.pending, 0)
  }
})

t.test('one question is put once at a time, and to nobody who is gone', async t => {
  const { said, withdrawn, questions, ask } = create()
  const asked = ask()
  await t.rejects(ask(), /already/)
  questions.close()
  await t.rejects(asked, /gone/)
  t.equal(said.length, 1)
  const again = ask()
  questions.hear({ id: 2, result: 1 })
  t.equal(await again, 1)
  withdrawn.abort()
  await t.rejects(ask())
  t.equal(said.length, 2)
})
