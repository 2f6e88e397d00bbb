import { setMaxListeners } from 'node:events'
import t, { type Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { never } from '../fixtures/running.ts'
import { turns } from '../fixtures/test-clock.ts'
import { wire } from '../fixtures/wired.ts'

setMaxListeners(0, never)

interface Message { id?: number, method?: string, params?: { progressToken: string, message: string }, result?: { structuredContent: Record<string, unknown>, isError?: boolean }, error?: object }

/** The pipe of team a's agent, which is in a turn for an admin, as the MCP client at its end sees it. `b` never answers. */
async function pipe (t: Test, patience?: number) {
  const { services, agent, clock } = wire(t, { api: { requireAuth: false }, teams: { a: {}, b: {} } })
  const app = await buildApp(services)
  t.teardown(() => app.close())
  await services.tells.start({ from: 'user', to: 'a', message: 'go', caller: 'local' })
  await turns()
  const { tools } = agent.processes[0]!.start
  const heard: Message[] = []
  let wake = () => {}
  const end = tools!.open(message => { heard.push(message as Message); wake() }, patience)
  const send = (message: object) => { end.receive({ jsonrpc: '2.0', ...message }) }
  const until = async (fits: (message: Message) => boolean): Promise<Message> => {
    for (;;) {
      const found = heard.find(fits)
      if (found !== undefined) return found
      await new Promise<void>(resolve => { wake = resolve })
    }
  }
  send({ id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '0' } } })
  await until(({ id }) => id === 0)
  send({ method: 'notifications/initialized' })
  return { services, clock, heard, end, send, until, tell: (id: number) => { send({ id, method: 'tools/call', params: { name: 'team_tell', arguments: { toTeam: 'b', message: 'hi', timeout: 0 }, _meta: { progressToken: 'p' } } }) } }
}

t.test('a call that outlasts what the agent bears is answered with how to go on', async t => {
  for (const [bears, ms] of [[undefined, 45_000], [5_000, 5_000], [60_000, 45_000]] as const) {
    const { clock, heard, tell, until } = await pipe(t, bears)
    tell(1)
    const { params } = await until(({ method }) => method === 'notifications/progress')
    t.match(params, { progressToken: 'p', message: /^Started: .*tellId/ })
    await clock.advance(ms - 1)
    t.notOk(heard.some(({ id }) => id === 1))
    await clock.advance(1)
    const { result } = await until(({ id }) => id === 1)
    t.match(result, { structuredContent: { from: 'a', async: true, state: 'running', next: /tell_get/ } })
  }
})

t.test('what is cancelled, or broken off with its agent, ends as a wait and not as a tell', async t => {
  const { services, heard, send, end, tell, until } = await pipe(t)
  tell(1)
  await until(({ method }) => method === 'notifications/progress')
  const [toB] = services.store.tells.list({ to: 'b' }, { limit: 1 }).rows
  const waits = () => services.audit.list({ limit: 10 }).rows.filter(({ tool }) => tool === 'team_tell').length
  send({ method: 'notifications/cancelled', params: { requestId: 1 } })
  await turns()
  t.equal(waits(), 1)
  tell(2)
  await turns()
  end.close()
  await turns()
  t.equal(waits(), 2)
  tell(3)
  await turns()
  t.same(services.store.tells.list({ to: 'b' }, { limit: 10 }).rows.map(({ state }) => state), ['queued', 'running'], 'nothing is heard any more')
  t.match(services.tells.get(toB!.id), { state: 'running' })
  t.notOk(heard.some(({ id }) => id === 1 || id === 2))
})

t.test('what is no request ends nothing', async t => {
  const { end, send, until } = await pipe(t)
  for (const odd of [null, 7, 'x', [], {}, { method: 'tools/call' }, { id: {}, method: 'x' }]) end.receive(odd)
  send({ id: 9, method: 'ping' })
  t.match(await until(({ id }) => id === 9), { result: {} })
})
