import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import t from 'tap'
import { lockHome } from '../../src/store/lock.ts'
import { start } from '../../src/store/migrations/001-start.ts'
import { openStore } from '../../src/store/sqlite.ts'
import { scratch } from '../fixtures/wired.ts'
import { storeSuite } from './abstract.ts'
import { webhookSuite } from './webhooks.ts'

storeSuite('sqlite', scratch, openStore)
webhookSuite('sqlite', scratch, openStore)

t.test('the file is readable by its owner alone', async t => {
  const home = join(scratch(t), 'made')
  openStore(home).close()
  t.equal(statSync(join(home, 'iris.db')).mode & 0o777, 0o600)
  t.equal(statSync(home).mode & 0o777, 0o700)
})

t.test('a look for what is too much writes nothing where nothing came since the last', t => {
  const home = scratch(t)
  const store = openStore(home)
  const db = new Database(join(home, 'iris.db'))
  t.teardown(() => { db.close(); store.close() })
  const look = () => {
    store.events.trim({ before: 0, events: 0, bytes: 0 }, 10)
    store.events.trimSessions({ events: 1, bytes: 0 }, 10)
    return db.pragma('data_version', { simple: true })
  }
  const first = look()
  t.equal(look(), first)
  store.events.append({ event: 'cache:message', data: { sessionId: 's', team: 'echo', message: { timestamp: 1, type: 'system', data: {} } } }, 1)
  t.not(look(), first)
  t.end()
})

t.test('a file of a newer Iris is refused, untouched', async t => {
  const home = scratch(t)
  openStore(home).close()
  const db = new Database(join(home, 'iris.db'))
  db.pragma('user_version = 999')
  db.close()
  t.throws(() => openStore(home), { message: /written by a newer Iris \(schema 999/ })
})

t.test('a file of an older Iris is brought up to date, with what is in it', async t => {
  const home = scratch(t)
  const db = new Database(join(home, 'iris.db'))
  db.exec(start)
  db.pragma('user_version = 1')
  db.exec(`INSERT INTO session VALUES (1, 's', 'a', 'b', 'c', 0, 1, NULL, 0, 1, 1, 1, 'new');
    INSERT INTO tell VALUES (1, 't', 's', 'a', 'b', 'key', 'queued', 'hi', '', NULL, NULL, 1, NULL, NULL);
    INSERT INTO event (at, event, team, session_id, tell_id, data) VALUES (1, 'tell:started', 'b', 's', 't', '{}'), (2, 'tell:chunk', 'b', 's', 't', '{}'), (3, 'tell:complete', 'b', 's', 't', '{}')`)
  db.close()
  const store = openStore(home)
  t.teardown(() => { store.close() })
  t.match(store.tells.get('t'), { message: 'hi', parentId: null, rootId: 't', depth: 0 })
  t.equal(store.events.trimSessions({ events: 1, bytes: 0 }, 9), 1, 'what it holds is counted')
  t.same(store.events.since(0, 9).map(({ seq }) => seq), [2, 3])
})

t.test('what is asked of the events of a session, or of a tell, is found by an index', t => {
  const home = scratch(t)
  openStore(home).close()
  const db = new Database(join(home, 'iris.db'))
  t.teardown(() => { db.close() })
  const plan = (sql: string) => db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all('x').map(({ detail }) => detail).join()
  for (const sql of [
    "SELECT data FROM event WHERE session_id = ? AND event <> 'tell:chunk' AND event = 'cache:message' AND seq > 1 ORDER BY seq LIMIT 9",
    "SELECT seq, at, size FROM event WHERE session_id = ? AND event <> 'tell:chunk' ORDER BY seq LIMIT 9",
    "DELETE FROM event WHERE event = 'tell:chunk' AND tell_id IN (SELECT id FROM tell WHERE session_id = ?)",
    "SELECT data FROM event WHERE tell_id = ? AND event = 'tell:chunk' ORDER BY seq"
  ]) {
    t.match(plan(sql), /SEARCH event USING/)
    t.notMatch(plan(sql), /SCAN event|TEMP B-TREE/)
  }
  t.match(plan("SELECT session_id, count(*), sum(size) FROM event NOT INDEXED WHERE seq > (SELECT seq FROM event_counted) AND event <> 'tell:chunk' AND ? GROUP BY session_id"), /SEARCH event USING INTEGER PRIMARY KEY/)
  t.end()
})

t.test('what is written to the disk in the background keeps no file open, also where it is closed meanwhile', { skip: process.platform !== 'linux' && 'only Linux lists open files' }, async t => {
  const open = () => readdirSync('/proc/self/fd').filter(fd => { try { return readlinkSync(`/proc/self/fd/${fd}`).includes(home) } catch { return false } })
  const home = scratch(t)
  const store = openStore(home)
  const before = open().length
  for (let n = 0; n < 100; n++) store.secret(`${n}`)
  for (let n = 0; n < 100; n++) store.transaction(() => store.secret(`${n} again`))
  t.equal(open().length, before + 1)
  store.close()
  while (open().length > 0) await turn()
  t.notOk(existsSync(join(home, 'iris.db-wal')))
  const again = openStore(home)
  t.same(again.check(), [])
  again.close()
  t.same(open(), [])
})

t.test('a data directory has one server, and is free again after it', async t => {
  const home = scratch(t)
  const release = lockHome(home)
  t.ok(release)
  t.equal(lockHome(home), null)
  release!()
  const again = lockHome(home)
  t.ok(again)
  again!()
})
