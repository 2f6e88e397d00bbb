import t from 'tap'
import { AgentError } from '../../src/errors.ts'
import { callerOf, NOW } from './app.ts'
import { ended, greeted, OTHER, said, SESSION, spawned, started, TELL, timedOut, world, type Client } from './socket.ts'

t.test('a second name that is answered by events sends those, and no result', async t => {
  const w = await world(t)
  const client = await greeted(w)
  const begin = async (id: string, event = 'tale:start') => {
    client.send({ event, id })
    return await w.called()
  }
  const ping = async () => (await client.ask({ event: 'thing_get', data: { teamName: 'a' }, id: 'ping' })).id

  const one = await begin('one')
  one.emit({ ...started(TELL), seq: 7 })
  t.match(await client.next(), { event: 'tell:started', data: { tellId: TELL }, seq: 7, id: 'one' })
  one.emit({ ...ended(TELL), seq: 8 })
  one.end()
  t.match(await client.next(), { event: 'tell:complete', data: { response: 'done' }, seq: 8, id: 'one' })
  t.equal(await ping(), 'ping', 'nothing between')

  const late = await begin('late')
  late.emit(started(TELL))
  late.fail(timedOut())
  t.match(await client.next(), { event: 'tell:started', id: 'late' })
  t.equal(await ping(), 'ping', 'the end of a wait is no answer')
  late.emit(ended(TELL))
  t.match(await client.next(), { event: 'tell:complete', id: 'late' }, 'the end of the tell is')

  ;(await begin('refused')).fail(new AgentError('no'))
  t.match(await client.next(), { event: 'error', data: { error: 'AgentError' }, id: 'refused' })
  ;(await begin('silent')).end()
  t.match(await client.next(), { event: 'result', data: { done: true }, id: 'silent' }, 'what causes no event still has an answer')

  const named = await begin('named', 'tale_tell')
  named.emit(started(TELL))
  named.end()
  t.match(await client.next(), { event: 'tell:started', id: 'named' })
  t.match(await client.next(), { event: 'result', data: { done: true }, id: 'named' }, 'by its first name it answers with a result as well')
})

t.test('a session is heard by whoever may read its cache', async t => {
  const w = await world(t)
  w.keys.set('reader', callerOf('reader', ['cache:read'], { teams: new Set(['a']) }))
  w.keys.set('teller', callerOf('teller', ['tell', 'status']))
  const client = await greeted(w, 'reader')
  w.publish(said(SESSION, 'before'))
  t.strictSame(await client.ask({ event: 'cache:subscribe', data: { sessionId: SESSION }, id: 1 }), { event: 'result', data: { room: `session:${SESSION}`, subscribed: true, timestamp: NOW }, id: 1 })
  t.match(await client.ask({ event: 'cache:subscribe', data: { sessionId: SESSION }, id: 2 }), { event: 'result', id: 2 }, 'twice is once')
  w.publish(said(OTHER, 'elsewhere'))
  w.publish(spawned('a'))
  const { seq } = w.publish(said(SESSION, 'hello'))
  t.strictSame(await client.next(), { event: 'cache:message', data: { sessionId: SESSION, team: 'a', message: { timestamp: NOW, type: 'user', data: { text: 'hello' } } }, seq })
  w.publish(started(TELL))
  t.match(await client.next(), { event: 'tell:started', data: { tellId: TELL } })

  t.match(await client.ask({ event: 'cache:subscribe', data: { sessionId: OTHER } }), { event: 'error', data: { error: 'ForbiddenError' } })
  t.match(await client.ask({ event: 'cache:subscribe', data: { sessionId: SESSION.replace('b', 'c') } }), { event: 'error', data: { error: 'SessionNotFoundError' } })
  t.match(await client.ask({ event: 'cache:subscribe', data: {} }), { event: 'error', data: { error: 'ValidationError', message: /'sessionId' is required/ } })
  t.match(await client.ask({ event: 'cache:subscribe', data: { sessionId: SESSION, x: 1 } }), { event: 'error', data: { error: 'ValidationError', message: /unknown field 'x'/ } })
  t.match(await (await greeted(w, 'teller')).ask({ event: 'cache:subscribe', data: { sessionId: SESSION } }), { event: 'error', data: { error: 'ForbiddenError' } })

  t.match(await client.ask({ event: 'cache:unsubscribe', data: { sessionId: SESSION } }), { event: 'result', data: { subscribed: false } })
  w.publish(said(SESSION, 'after'))
  t.match(await client.ask({ event: 'cache:unsubscribe', data: { sessionId: SESSION }, id: 'last' }), { event: 'result', id: 'last' }, 'nothing more, and leaving twice is fine')
})

t.test('who started a tell hears its events once, with the id, also where it hears the session', async t => {
  const w = await world(t)
  const client = await greeted(w)
  const watcher = await greeted(w)
  for (const one of [client, watcher]) await one.ask({ event: 'cache:subscribe', data: { sessionId: SESSION } })
  client.send({ event: 'tale:start', id: 'mine' })
  const tale = await w.called()
  // As the real one does: what happens is published first, and then told to whoever watches the tell.
  const happen = (progress: ReturnType<typeof started>) => { tale.emit({ ...progress, seq: w.publish(progress).seq }) }
  happen(started(TELL))
  w.publish(said(SESSION, 'hello'))
  happen({ event: 'tell:chunk', data: { tellId: TELL, sessionId: SESSION, team: 'a', offset: 0, chunk: 'do' } })
  happen(ended(TELL))
  tale.end()
  const heard = async (one: Client, n: number) => {
    const frames = []
    while (frames.length < n) frames.push(await one.next())
    return frames.map(({ event, seq, id }) => [event, seq, id])
  }
  t.strictSame(await heard(client, 4), [['tell:started', 101, 'mine'], ['cache:message', 102, undefined], ['tell:chunk', 103, 'mine'], ['tell:complete', 104, 'mine']])
  t.strictSame(await heard(watcher, 4), [['tell:started', 101, undefined], ['cache:message', 102, undefined], ['tell:chunk', 103, undefined], ['tell:complete', 104, undefined]])
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' }, id: 'end' }), { id: 'end' }, 'and no more')
})

t.test('the frame of an event is made once, however many hear it', async t => {
  const w = await world(t)
  const clients = await Promise.all(Array.from({ length: 20 }, () => greeted(w)))
  for (const client of clients) await client.ask({ event: 'cache:subscribe', data: { sessionId: SESSION } })
  w.publish(said(SESSION, 'ü'))
  for (const client of clients) t.match(await client.next(), { data: { message: { data: { text: 'ü' } } } })
  t.equal(w.made(), 1)
})

t.test('the processes of a team, or of all that the key reaches', async t => {
  const w = await world(t)
  w.keys.set('narrow', callerOf('narrow', ['status'], { teams: new Set(['a']) }))
  w.keys.set('teller', callerOf('teller', ['tell']))
  const all = await greeted(w)
  const narrow = await greeted(w, 'narrow')
  t.match(await all.ask({ event: 'process:subscribe', data: { team: 'b' } }), { event: 'result', data: { room: 'team:b', subscribed: true } })
  for (const one of [all, narrow]) t.match(await one.ask({ event: 'process:subscribe', data: { team: '*' } }), { event: 'result', data: { room: 'team:*' } })
  w.publish(said(SESSION, 'not a process'))
  w.publish(spawned('b'))
  w.publish(spawned('a'))
  t.match(await all.next(), { event: 'process:spawned', data: { team: 'b' } }, 'once, though heard in two ways')
  t.match(await all.next(), { event: 'process:spawned', data: { team: 'a' } })
  t.match(await narrow.next(), { event: 'process:spawned', data: { team: 'a' } }, 'never of a team it does not reach')

  t.match(await narrow.ask({ event: 'process:subscribe', data: { team: 'b' } }), { event: 'error', data: { error: 'ForbiddenError' } })
  t.match(await all.ask({ event: 'process:subscribe', data: { team: 'c' } }), { event: 'error', data: { error: 'TeamNotFoundError' } })
  t.match(await all.ask({ event: 'process:subscribe', data: { team: 'A B' } }), { event: 'error', data: { error: 'ValidationError' } })
  t.match(await (await greeted(w, 'teller')).ask({ event: 'process:subscribe', data: { team: '*' } }), { event: 'error', data: { error: 'ForbiddenError' } })
  t.match(await all.ask({ event: 'process:unsubscribe', data: { team: '*' } }), { event: 'result', data: { subscribed: false } })
  w.publish(spawned('a'))
  w.publish(spawned('b'))
  t.match(await all.next(), { event: 'process:spawned', data: { team: 'b' } }, 'the other subscription stays')
})

t.test('a key that reaches less than before hears no more than that, also where it hears all', async t => {
  const w = await world(t)
  w.keys.set('k', callerOf('k', ['status', 'approve']))
  const client = await greeted(w, 'k')
  t.match(await client.ask({ event: 'process:subscribe', data: { team: '*' } }), { data: { room: 'team:*' } })
  t.match(await client.ask({ event: 'approval:subscribe', data: { team: '*' } }), { data: { room: 'approval:*' } })
  w.publish(spawned('b'))
  t.match(await client.next(), { event: 'process:spawned', data: { team: 'b' } })
  w.keys.set('k', callerOf('k', ['status', 'approve'], { teams: new Set(['a']) }))
  await client.ask({ event: 'thing_get', data: { teamName: 'a' } })
  w.publish(spawned('b'))
  w.publish(spawned('a'))
  t.match(await client.next(), { event: 'process:spawned', data: { team: 'a' } })
})

t.test('the server\'s health comes at once and with every ping', async t => {
  const w = await world(t)
  w.keys.set('teller', callerOf('teller', ['tell']))
  const client = await greeted(w)
  client.send({ event: 'health:subscribe', id: 1 })
  t.strictSame((await client.next()).data, { totalProcesses: 1, maxProcesses: 5 })
  t.match(await client.next(), { event: 'result', data: { room: 'system' }, id: 1 })
  w.clock.advance(15_000)
  t.match(await client.next(), { event: 'health:check' })
  await client.ask({ event: 'health:unsubscribe' })
  w.clock.advance(15_000)
  t.match(await client.ask({ event: 'thing_get', data: { teamName: 'a' } }), { event: 'result' })
  t.match(await (await greeted(w, 'teller')).ask({ event: 'health:subscribe' }), { event: 'error', data: { error: 'ForbiddenError' } })
})
