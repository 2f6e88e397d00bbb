import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { adminKeyFile, readAdminKey, readServerFile, removeServerFile, writeAdminKey, writeServerFile } from '../../src/server-file.ts'

const server = { url: 'http://127.0.0.1:1', pid: 42, version: '1.0.0', startedAt: 7 }
const mode = (file: string) => statSync(file).mode & 0o777

t.test('what a server writes is read again, from a directory made for it', async t => {
  const home = join(t.testdir({}), 'deep/.iris')
  writeServerFile(home, server)
  t.strictSame(readServerFile(home), server)
  t.equal(mode(home), 0o700)
})

t.test('a file is replaced whole, and nothing half-made stays', async t => {
  const home = t.testdir({})
  writeServerFile(home, server)
  writeServerFile(home, { ...server, pid: 43 })
  t.equal(readServerFile(home)!.pid, 43)
  t.strictSame(readdirSync(home), ['server.json'])
})

t.test('no file, no JSON and other JSON are no server', async t => {
  const home = t.testdir({})
  t.equal(readServerFile(home), null)
  for (const text of ['', '{', 'null', '[]', '{"url":1}', '{"url":"http://x"}']) {
    writeFileSync(join(home, 'server.json'), text)
    t.equal(readServerFile(home), null, text)
  }
})

t.test('a server removes its own file, never its successor\'s', async t => {
  const home = t.testdir({})
  writeServerFile(home, server)
  removeServerFile(home, 41)
  t.strictSame(readServerFile(home), server)
  removeServerFile(home, 42)
  t.equal(readServerFile(home), null)
  removeServerFile(home, 42)
})

t.test('the key is for its owner alone, also where another file was in its place', async t => {
  const home = t.testdir({ 'admin.key': 'old\n' })
  t.equal(readAdminKey(home), 'old')
  writeAdminKey(home, 'new')
  t.equal(readAdminKey(home), 'new')
  t.equal(mode(adminKeyFile(home)), 0o600)
})

t.test('no key, or an empty one, is none', async t => {
  t.equal(readAdminKey(t.testdir({})), null)
  t.equal(readAdminKey(t.testdir({ 'admin.key': '\n' })), null)
})

t.test('a key is kept out of repositories; what is said about that already stays', async t => {
  const home = t.testdir({})
  writeAdminKey(home, 'key')
  t.equal(readFileSync(join(home, '.gitignore'), 'utf8'), '*\n')
  writeFileSync(join(home, '.gitignore'), 'mine')
  writeAdminKey(home, 'key')
  t.equal(readFileSync(join(home, '.gitignore'), 'utf8'), 'mine')
})
