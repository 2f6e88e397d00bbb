import t from 'tap'
import { createSessions } from '../../plugins/mcp/sessions.ts'

function create (max = 3) {
  const ended: string[] = []
  const clock = { now: 0 }
  const sessions = createSessions<string>({ now: () => clock.now, end: value => { ended.push(value) }, max, idle: 1000 })
  const open = (id: string, owner = 'alice') => sessions.makeRoom(owner) && (sessions.add(id, owner, id), true)
  return { sessions, ended, clock, open }
}

t.test('A session goes when nobody has used it for too long, and not while it is in use', async t => {
  const { sessions, ended, clock, open } = create()
  open('a')
  open('b')
  const { release } = sessions.take('a', 'alice')!
  clock.now = 1000
  t.equal(sessions.take('b', 'alice'), undefined)
  t.strictSame(ended, ['b'])
  release()
  clock.now = 1999
  t.equal(sessions.take('a', 'alice')?.value, 'a', 'the time counts from its last use')
})

t.test('The least recently used makes room: the owner\'s own first, none that is in use', async t => {
  const { sessions, ended, open } = create()
  open('a', 'alice')
  open('b', 'bob')
  open('c', 'bob')
  t.ok(open('d', 'bob'))
  t.strictSame(ended, ['b'])
  sessions.take('a', 'alice')!.release()
  t.ok(open('e', 'carol'))
  t.strictSame(ended, ['b', 'c'], 'a was used since')
  for (const [id, owner] of [['a', 'alice'], ['d', 'bob'], ['e', 'carol']] as const) t.ok(sessions.take(id, owner))
  t.notOk(open('f', 'carol'))
  t.equal(sessions.size, 3)
})

t.test('Only its owner finds a session', async t => {
  const { sessions, open } = create()
  open('a', 'alice')
  t.equal(sessions.take('a', 'bob'), undefined)
  t.equal(sessions.take('constructor', 'alice'), undefined)
})

t.test('A close ends each session as soon as it is not in use', async t => {
  const { sessions, ended, open } = create()
  open('a')
  open('b')
  const { release } = sessions.take('b', 'alice')!
  sessions.close()
  t.strictSame(ended, ['a'])
  release()
  t.strictSame(ended, ['a', 'b'])
  sessions.remove('b')
  t.strictSame(ended, ['a', 'b'], 'each ends once')
})
