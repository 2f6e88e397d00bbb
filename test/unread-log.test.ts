import { once } from 'node:events'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import { startProcess, type ServerProcess } from './fixtures/process.ts'
import { scratch } from './fixtures/wired.ts'

/** More lines than a pipe and who holds it take unread: each is longer than a kilobyte. */
const FAULTS = 600

/** Its store takes no tell any more, as on a full disk: each try is a fault of ours, with a line in the log. */
function fill ({ home }: ServerProcess): void {
  const db = new Database(join(home, '.iris/iris.db'))
  db.exec("CREATE TRIGGER full BEFORE INSERT ON tell BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
  db.close()
}

async function fail ({ url, key }: ServerProcess, times = FAULTS): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < times; n++) {
    const response = await fetch(`${url}/api/teams/tell`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ toTeam: 'echo', message: 'Hello', timeout: -1 })
    })
    await response.arrayBuffer()
    statuses.push(response.status)
  }
  return statuses
}

const faults = (log: string) => log.split('\n').filter(line => line.includes('a fault of ours')).map(line => JSON.parse(line) as { requestId: string })

t.test('a log that nobody reads holds up nothing, and once it is read nothing of it is missing or out of order, the last line least of all', async t => {
  // An error that nothing expects, when it is wanted.
  const crash = encodeURIComponent("process.on('SIGWINCH', () => { throw new Error('boom') })")
  const server = await startProcess({ home: scratch(t), env: { NODE_OPTIONS: `--import=data:text/javascript,${crash}` } })
  fill(server)
  const stderr = server.child.stderr!
  stderr.pause()
  t.same(new Set(await fail(server)), new Set([500]))
  const ended = server.end('SIGWINCH')
  stderr.resume()
  t.equal(await ended, 1)
  const numbers = faults(server.log()).map(({ requestId }) => Number(requestId.split('-').at(-1)))
  t.equal(numbers.length, FAULTS)
  t.same(numbers, [...numbers].sort((a, b) => a - b))
  t.match(JSON.parse(server.log().trim().split('\n').at(-1)!), { level: 60, msg: 'ends after an internal error', err: { message: 'boom' } })
})

t.test('a server whose log is never read ends all the same, at the first signal and at a second', async t => {
  for (const signals of [['SIGTERM'], ['SIGTERM', 'SIGINT']] as const) {
    const server = await startProcess({ home: scratch(t) })
    fill(server)
    server.child.stderr!.pause()
    await fail(server)
    const [ended] = signals.map(signal => server.end(signal))
    t.equal(await ended, signals.length === 1 ? 0 : 1)
  }
})

t.test('a server goes on when the reader of its log is gone', async t => {
  const server = await startProcess({ home: scratch(t) })
  fill(server)
  server.child.stderr!.destroy()
  t.same(new Set(await fail(server, 5)), new Set([500]))
  t.equal((await fetch(`${server.url}/health/ready`)).status, 200)
  t.equal(await server.end(), 0)
})

t.test('a server that ends at once, at two signals of the same moment, says so last', async t => {
  const server = await startProcess({ home: scratch(t) })
  const read = once(server.child.stderr!, 'close')
  const [ended] = (['SIGTERM', 'SIGINT'] as const).map(signal => server.end(signal))
  t.equal(await ended, 1)
  await read
  t.match(server.log().trim().split('\n').slice(-2).map(line => JSON.parse(line) as object), [
    { msg: /^ends at SIG(TERM|INT)/ },
    { msg: /^second SIG(TERM|INT), exiting$/ }
  ])
})
