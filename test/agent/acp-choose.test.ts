import t from 'tap'
import type { Start } from '../../src/agent/agent.ts'
import { lab } from './acp-lab.ts'

t.test('It works in the mode that asks, or in none', async t => {
  const which = async (kind: string, more: Partial<Start>, env: Record<string, string> = {}) => {
    const { tell } = await lab(t, kind, env).wake(more)
    return (await tell('!which')).answer[0]
  }
  t.equal(await which('acp', {}), 'echo: default small')
  t.equal(await which('acp', {}, { PEER_MODE: 'auto' }), 'echo: default small', 'one that acts unasked is turned away from')
  t.equal(await which('acp', { mode: 'auto' }), 'echo: auto small', 'unless it is wanted')
  t.equal(await which('claude-acp', {}, { PEER_MODE: 'auto' }), 'echo: default small')
  t.equal(await which('claude-acp', {}, { PEER_MODE: 'auto', PEER_MODES: 'option' }), 'echo: default small')
  await lab(t, 'acp', { PEER_MODES: 'option' }).fails(/could not be given the mode 'plan': it took 'default'/, { mode: 'plan' })
  await lab(t, 'codex').fails(/no mode 'read-only'. It offers default, plan, auto/)
  await lab(t, 'claude-acp', { PEER_LACKS: 'modes' }).fails(/does not let its mode be chosen/)
  await lab(t).fails(/no mode 'yolo'. It offers default, plan, auto/, { mode: 'yolo' })
})

t.test('It is called back from a mode in which nobody is asked', async t => {
  for (const env of [{}, { PEER_MODES: 'option' }]) {
    const { tell } = await lab(t, 'acp', env).wake()
    await tell('!mode auto')
    t.strictSame((await tell('!which')).answer, ['echo: default small'])
    await tell('!mode plan')
    t.strictSame((await tell('!which')).answer, ['echo: plan small'], 'not from another')
  }
})

t.test('It takes the model that is wanted, or says which there are', async t => {
  const { wake, fails } = lab(t)
  const { tell } = await wake({ model: 'large' })
  t.strictSame((await tell('!which')).answer, ['echo: default large'])
  await fails(/no model 'huge'. It offers small, large/, { model: 'huge' })
  await lab(t, 'acp', { PEER_LACKS: 'models' }).fails(/does not let its model be chosen, so 'large'/, { model: 'large' })
})
