import t from 'tap'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { lockConversation } from '../../src/agent/lock.ts'

const source = new URL('../../src/agent/lock.js', import.meta.url).href

/** What another server on this machine meets. */
const elsewhere = (conversation: string) => execFileSync(process.execPath, ['--input-type=module', '-e', `
  import { lockConversation } from '${source}'
  await lockConversation('${conversation}').then(() => console.log('free'), err => console.log(err.name + ': ' + err.message))
`], { encoding: 'utf8' }).trim()

t.test('A conversation is open once at a time in one server', async t => {
  const conversation = randomUUID()
  const unlock = await lockConversation(conversation)
  await t.rejects(lockConversation(conversation), { name: 'AgentError', message: /this server/, details: { conversation: 'open' } })
  const other = await lockConversation(randomUUID())
  unlock()
  unlock()
  const again = await lockConversation(conversation)
  await t.rejects(lockConversation(conversation))
  again()
  other()
})

t.test('A conversation is open once at a time on one machine', { skip: process.platform !== 'linux' }, async t => {
  const conversation = randomUUID()
  const unlock = await lockConversation(conversation)
  t.match(elsewhere(conversation), /^AgentError: .*another server/)
  unlock()
  t.equal(elsewhere(conversation), 'free')
  const again = await lockConversation(conversation)
  again()
})
