/** Stores events through the log, and rows without it. Arguments: a directory of its own, events a side and round, rounds. Prints events/s: `Stored`. */
import Database from 'better-sqlite3'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Event } from '../../schemas/event.ts'
import { createMemoryBus } from '../../src/bus/memory.ts'
import { systemClock } from '../../src/clock.ts'
import { createLog } from '../../src/log.ts'
import { openStore } from '../../src/store/sqlite.ts'
import type { Stored } from './events.ts'
import { rounds } from './measure.ts'

const BATCH = 100

const [directory, count, times] = process.argv.slice(2) as [string, string, string]
const events = Number(count)
const [sessionId, tellId] = [randomUUID(), randomUUID()]
/** About 600 bytes a row, as a message of an agent. */
const event: Event = {
  event: 'cache:message',
  data: {
    sessionId,
    team: 'backend',
    tellId,
    message: {
      timestamp: systemClock.now(),
      type: 'assistant',
      data: { type: 'assistant', message: { id: 'msg_1', role: 'assistant', content: [{ type: 'text', text: 'It answers with the list of endpoints. '.repeat(5) }] }, session_id: sessionId, uuid: randomUUID() }
    }
  }
}

const store = openStore(join(directory, 'home'))
const onError = (err: unknown) => { throw err }
const log = createLog({ store, bus: createMemoryBus({ onError }), clock: systemClock, onError })
let heard = 0
log.subscribe(`session:${sessionId}`, published => { if (published.text() !== '') heard++ })

const bare = new Database(join(directory, 'bare.db'))
bare.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;
  CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, event TEXT NOT NULL, team TEXT NOT NULL, session_id TEXT NOT NULL, tell_id TEXT, data TEXT NOT NULL) STRICT;
  CREATE INDEX event_line ON event (session_id, seq);`)
const insert = bare.prepare('INSERT INTO event (at, event, team, session_id, tell_id, data) VALUES (?, ?, ?, ?, ?, ?)')
const data = JSON.stringify(event.data)
const row = () => { insert.run(systemClock.now(), event.event, event.data.team, sessionId, tellId, data) }
const rows = bare.transaction(() => { for (let n = 0; n < BATCH; n++) row() })
/** As agents say them: what comes in one turn of the event loop is stored at its end, by this. */
const turn = () => {
  for (let n = 0; n < BATCH; n++) log.note(event)
  log.flush()
}

const side = (store: () => void, atOnce: number) => ({ store, atOnce, rates: [] as number[] })
const sides = { one: side(() => { log.append(event) }, 1), many: side(turn, BATCH), rowsOne: side(row, 1), rowsMany: side(rows, BATCH) }

for (const { store, atOnce, rates } of rounds(Number(times) + 1, Object.values(sides))) {
  const began = performance.now()
  for (let n = 0; n < events; n += atOnce) store()
  rates.push(events / (performance.now() - began) * 1_000)
}

const wanted = 2 * events * (Number(times) + 1)
const there = bare.prepare('SELECT count(*) FROM event').pluck().get()
if (heard !== wanted || log.head() !== wanted || there !== wanted) throw new Error(`Of ${wanted} events ${log.head()} are stored and ${heard} published, of as many rows ${String(there)}`)
store.close()
bare.close()
// What has just started is slow; the figures begin after it.
console.log(JSON.stringify(Object.fromEntries(Object.entries(sides).map(([name, { rates }]) => [name, rates.slice(1)])) as unknown as Stored))
