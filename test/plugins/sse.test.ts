import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Config } from '../../schemas/config.ts'
import { buildApp } from '../../src/app.ts'
import { makeConfig, wire } from '../fixtures/wired.ts'

const TOKEN = '0123456789abcdef'

t.test('a stream whose key comes to reach less hears less from its next beat on', async t => {
  const config = (home: string, reached: string[]): Config => makeConfig(home, {
    api: { apiKeys: [{ name: 'watch', key: TOKEN, permissions: ['status'], teams: reached }] }, teams: { a: {}, b: {} }
  })
  const { services, clock, home } = wire(t)
  services.reconfigure(config(home, ['a', 'b']))
  const app = await buildApp(services)
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const { body } = await fetch(`${url}/api/events/stream`, { headers: { authorization: `Bearer ${TOKEN}` } })
  const reader = body!.getReader()
  let text = ''
  const until = async (what: string) => { while (!text.includes(what)) text += Buffer.from((await reader.read()).value!).toString() }
  const spawned = (team: string, pid: number) => { services.log.append({ event: 'process:spawned', data: { sessionId: randomUUID(), team, pid } }) }

  await until('caught_up')
  spawned('b', 1001)
  await until('"pid":1001')
  services.reconfigure(config(home, ['a']))
  await clock.advance(15_000)
  spawned('b', 1002)
  spawned('a', 1003)
  await until('"pid":1003')
  t.notMatch(text, /"pid":1002/)
  await reader.cancel()
})
