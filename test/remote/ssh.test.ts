import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { applyChunks, type Chunk } from '../../src/answer.ts'
import { alive } from '../agent/ear.ts'
import { listen } from '../fixtures/socket-client.ts'
import { lab } from './lab.ts'
import { keygen, skip } from './sshd.ts'

t.test('An agent on another host, over a real sshd', { skip }, async t => {
  t.test('answers tells, streams chunks that make the answer, and is the same conversation', async t => {
    const { server, tell, status } = await lab(t)
    t.match(await status(), { place: { where: '127.0.0.1', state: 'offline', reason: 'not tried yet' } })
    t.match(await tell('Grüße, 世界 \u{1F30D}'), { state: 'completed', response: 'echo: Grüße, 世界 \u{1F30D}' })
    t.match(await status(), { awake: true, state: 'idle', place: { state: 'online', reason: 'connected' } })
    const client = await listen(t, server)
    client.send('tell:start', { toTeam: 'far', message: '!slow 6 60 one two three four five six' }, 'a')
    const { data } = await client.event('tell:complete', 'a')
    const chunks = client.frames.filter(({ event, id }) => event === 'tell:chunk' && id === 'a').map(({ data }) => data as unknown as Chunk)
    t.ok(chunks.length > 2, `${chunks.length} chunks`)
    t.equal(applyChunks(chunks), data.response)
    t.match((await tell('!history')).response, /^echo: 2 before, the last: !slow 6/)
    t.ok((await tell('!big 300000')).response.length >= 300_000)
    t.strictSame(server.errors, [])
  })

  t.test('has the environment of its host and of its team, and nothing of the server\'s', async t => {
    const { tell } = await lab(t, { team: { env: { OWN: "it's $(here)" } } })
    const { response } = await tell('!env')
    t.match(response, /\bSSH_CONNECTION\b/)
    t.match(response, /\bOWN\b/)
    t.notMatch(response, /\b(IRIS_OWNER|IRIS_CHILD|SSH_ASKPASS_REQUIRE)\b/)
  })

  t.test('that is a program for each turn, and calls Iris back with a key of its own', async t => {
    const source = "fetch(process.env.IRIS_URL + '/api/teams/far/status', { headers: { authorization: 'Bearer ' + process.env.IRIS_KEY } }).then(async response => console.log(response.status, process.env.IRIS_URL, (await response.json()).place.state))"
    const { server, tell } = await lab(t, { team: { agent: 'command', command: process.execPath, args: ['-e', source] } })
    for (const turn of ['one', 'two']) {
      const { response, message } = await tell(turn)
      t.match(response, /^200 http:\/\/127\.0\.0\.1:[23]\d{4} online$/, message)
      t.notMatch(response, server.url)
    }
  })

  t.test('is asked for permission, and cancelled, and works on', async t => {
    const { tell, call } = await lab(t, { team: { permissions: 'deny' } })
    t.match(await tell('!ask Write {"file_path":"a.txt","content":"x"}'), { state: 'completed', response: /den/ })
    const { tellId } = await tell('!hang', { timeout: -1 })
    for (let state = ''; state !== 'running';) state = (await call('GET', `/tells/${tellId}`) as { state: string }).state
    t.match(await call('POST', `/tells/${tellId}/cancel`), { state: 'cancelled' })
    t.match(await tell('and now?'), { response: 'echo: and now?' })
  })

  t.test('ends with its session, also the stubborn one, and what it started', async t => {
    const { sshd, tell, call } = await lab(t)
    const pid = Number(/\d+/.exec((await tell('!orphan')).response)![0])
    await tell('!stubborn')
    t.ok(alive(pid))
    t.ok(sshd.connections().length > 0)
    t.match(await call('POST', '/teams/far/sleep', { force: true }), { status: 'asleep' })
    t.notOk(alive(pid))
    t.match(await tell('again'), { response: 'echo: again' })
  })

  t.test('a connection that drops during a turn fails the tell and says so; the next one is connected anew and knows what was said', async t => {
    for (const drop of ['the client', 'the host']) {
      const { sshd, server, tell, call, status } = await lab(t)
      await tell('remember this')
      const far = Number(/\d+/.exec((await tell('!orphan')).response)![0])
      const client = await listen(t, server)
      client.send('tell:start', { toTeam: 'far', message: '!hang' }, 'a')
      await client.event('tell:chunk', 'a')
      if (drop === 'the host') t.ok(sshd.cut() > 0)
      else process.kill((await status()).sessions[0]!.pid!, 'SIGKILL')
      const { data } = await client.event('tell:error', 'a')
      t.match(data, { state: 'failed', error: { error: 'AgentError', message: /way to the agent broke during the turn: the connection to 127\.0\.0\.1 broke/, details: { reason: 'disconnected' } } }, drop)
      t.match(await call('GET', '/teams/far/status?fromTeam=admin'), { awake: false, reason: /connection to 127.0.0.1 broke/, place: { state: 'offline', reason: /broke/ } })
      const next = await tell('!history')
      t.match(next, { state: 'completed' })
      t.match(next.response, /^echo: 3 before, the last: !hang/, 'what was said before the drop is known')
      t.match(await status(), { place: { state: 'online' } })
      t.notOk(alive(far), 'what the dropped one had started is gone')
      t.strictSame(server.errors, [])
      await call('POST', '/teams/far/sleep', {})
    }
  })

  t.test('a connection that falls silent counts as broken after the time that is set', async t => {
    const { sshd, server, tell } = await lab(t, { remote: { options: { ServerAliveInterval: 1, ServerAliveCountMax: 1 } } })
    await tell('hello')
    const client = await listen(t, server)
    client.send('tell:start', { toTeam: 'far', message: '!hang' }, 'a')
    await client.event('tell:chunk', 'a')
    for (const pid of sshd.connections()) process.kill(pid, 'SIGSTOP')
    const { data } = await client.event('tell:error', 'a')
    t.match(data, { error: { message: /not responding/, details: { reason: 'disconnected' } } })
    t.match(await tell('back?'), { response: 'echo: back?' }, 'the old one, which does not know of it, is not in the way')
  })

  t.test('a host that is down: a wake says so at once, a tell waits for it, and gets its answer when it is back', async t => {
    const { sshd, tell, call, status } = await lab(t)
    await sshd.stop()
    const began = performance.now()
    t.match(await call('POST', '/teams/far/wake', {}), { statusCode: 502, error: 'AgentError', message: /'127.0.0.1' cannot be reached: .*Connection refused\. The next attempt can be made in \d+ s/, details: { reason: 'unreachable', retryAfter: Number } })
    t.ok(performance.now() - began < 1500, `${performance.now() - began} ms`)
    t.match(await status(), { place: { state: 'offline', reason: /Connection refused/ } })
    t.match(await call('POST', '/teams/far/wake', {}), { details: { reason: 'unreachable' } }, 'and again, without an attempt')
    const { tellId } = await tell('are you there?', { timeout: -1 })
    t.match(await call('GET', `/tells/${tellId}`), { state: 'queued' })
    await sshd.start()
    t.match(await call('GET', `/tells/${tellId}?wait=20000`), { state: 'completed', response: 'echo: are you there?' })
    t.match(await status(), { place: { state: 'online' } })
  })

  t.test('a host that stays down fails the tell, with the reason, and the queue goes on', async t => {
    const { sshd, tell, status } = await lab(t, { settings: { spawnTimeout: 2500 } })
    await sshd.stop()
    const [first, second] = await Promise.all([tell('one'), tell('two')])
    for (const answer of [first, second]) t.match(answer, { error: 'AgentError', details: { reason: 'unreachable', state: 'failed' } })
    await sshd.start()
    t.match(await status(), { place: { state: 'offline' } })
  })

  t.test('another host key than the known one: nothing is said to that host, and the error says why', async t => {
    const { sshd, tell, status } = await lab(t)
    await sshd.stop()
    keygen(join(sshd.folder, 'other'))
    const config = join(sshd.folder, 'sshd_config')
    writeFileSync(config, `HostKey ${join(sshd.folder, 'other')}\n${readFileSync(config, 'utf8').replace(/^HostKey.*$/m, '')}`)
    await sshd.start()
    t.match(await tell('secret'), { error: 'AgentError', message: /host key of '127.0.0.1' is not one that is known/i, details: { reason: 'host_key' } })
    t.match(await status(), { place: { state: 'error', reason: /host key/ } })
    t.notMatch(sshd.log(), /Accepted/)
  })

  t.test('a host that nobody knows yet is not trusted by chance', async t => {
    const { sshd, tell } = await lab(t)
    writeFileSync(join(sshd.folder, 'known_hosts'), '')
    t.match(await tell('secret'), { details: { reason: 'host_key' } })
  })

  t.test('the wrong identity, and one that is not there, are refused with the reason', async t => {
    const { sshd, server, tell, status } = await lab(t)
    keygen(join(sshd.folder, 'stranger'))
    const other = await lab(t, { remote: { ...sshd.remote, identity: join(sshd.folder, 'stranger') } })
    t.match(await other.tell('hello'), { error: 'AgentError', message: /refuses the login: .*Permission denied/, details: { reason: 'auth' } })
    t.match(await other.status(), { place: { state: 'error', reason: /refuses the login/ } })
    const missing = await lab(t, { remote: { ...sshd.remote, identity: join(sshd.folder, 'missing') } })
    t.match(await missing.tell('hello'), { error: 'AgentError', message: /identity file .*missing.* cannot be read/ })
    t.match(await missing.status(), { place: { state: 'error' } })
    t.match(await tell('hello'), { state: 'completed' }, 'the right one works')
    t.match(await status(), { place: { state: 'online' } })
    t.strictSame(server.errors, [])
  })

  t.test('a program or a directory that is not there is the agent\'s failure, not the host\'s', async t => {
    const { tell, status } = await lab(t, { team: { command: 'iris-no-such-program' } })
    t.match(await tell('hello'), { error: 'AgentError', message: /iris-no-such-program: not found/, details: { exitCode: 127 } })
    t.match(await status(), { place: { state: 'online' } })
    const nowhere = await lab(t, { team: { path: '/iris/no/such' } })
    t.match(await nowhere.tell('hello'), { error: 'AgentError', message: /\/iris\/no\/such/, details: { exitCode: 126 } })
  })

  t.test('a login shell that greets, or that is none', async t => {
    const { sshd, tell } = await lab(t, { sshd: ['ForceCommand echo "welcome, $USER"; echo "and to you" >&2; exec sh -c "$SSH_ORIGINAL_COMMAND"'] })
    t.match(await tell('hello'), { response: 'echo: hello' })
    t.match(sshd.log(), /Accepted/)
    const none = await lab(t, { sshd: ['ForceCommand echo This account is not available; exit 1'] })
    t.match(await none.tell('hello'), { message: /gives no shell: This account is not available/, details: { reason: 'refused' } })
    t.match(await none.status(), { place: { state: 'error' } })
  })

  t.test('the ssh configuration is heeded: a Host of it, and a jump through another', async t => {
    const { sshd } = await lab(t)
    const config = join(sshd.folder, 'more_config')
    writeFileSync(config, `Host devbox\n  HostName 127.0.0.1\n  Port ${sshd.remote.port}\n  HostKeyAlias [127.0.0.1]:${sshd.remote.port}\n  IdentityFile ${sshd.remote.identity}\n  LocalForward 127.0.0.1:1 127.0.0.1:1\n  RemoteCommand echo no\n  RequestTTY force\nHost gate\n  HostName 127.0.0.1\n  Port ${sshd.remote.port}\n  IdentityFile ${sshd.remote.identity}\nMatch all\nInclude ${sshd.remote.config}\n`)
    const alias = await lab(t, { remote: { host: 'devbox', config, port: undefined, identity: undefined } as never })
    t.match(await alias.tell('hello'), { response: 'echo: hello' })
    const jump = await lab(t, { remote: { ...sshd.remote, config, jump: 'gate' } })
    const jumped = await jump.tell('hello')
    t.match(jumped, { response: 'echo: hello' }, jumped.message)
    t.equal([...sshd.log().matchAll(/Accepted publickey/g)].length, 3)
  })

  t.test('when the server ends, so does all of it over there', async t => {
    const { sshd, server, tell } = await lab(t)
    const pid = Number(/\d+/.exec((await tell('!orphan')).response)![0])
    const wrapped = sshd.connections().length
    t.ok(wrapped > 0)
    await server.close()
    t.notOk(alive(pid))
    t.strictSame(server.errors, [])
  })
})
