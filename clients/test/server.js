/**
 * A real Iris with the echo agent in a directory of its own, for the tests of the SDKs in any language. Prints one line of
 * JSON, { url, key, flaky }, when it serves, and ends at the end of its stdin. `flaky` is the same server through
 * a line that breaks every event stream after a few events.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes of an event stream before it breaks: its headers and some events. */
const BREAKS_AFTER = 2_500

const home = mkdtempSync(join(tmpdir(), 'iris-sdk-'))
mkdirSync(join(home, 'project'))
writeFileSync(join(home, 'config.yaml'), `
teams:
  echo: { path: project, agent: echo, permissions: ask }
settings: { httpPort: 0 }
api:
  rateLimit: { max: 100000, tells: 100000 }
webhooks: { allow: [127.0.0.1] }
`)

const child = spawn(process.execPath, [new URL('../../dist/bin/iris.js', import.meta.url).pathname, 'start', '--config', join(home, 'config.yaml')], { stdio: ['ignore', 'pipe', 'pipe'] })
let said = ''
child.stderr.on('data', part => { said += part })
child.stdout.on('data', part => {
  said += part
  look()
})
child.on('exit', code => {
  if (code !== 0) process.stderr.write(said)
  rmSync(home, { recursive: true, force: true })
  process.exit(code ?? 1)
})
process.stdin.resume().on('end', () => { child.kill() })

let looked = false
function look () {
  if (looked) return
  let served
  try {
    served = JSON.parse(readFileSync(join(home, '.iris', 'server.json'), 'utf8'))
  } catch {
    return
  }
  looked = true
  const { port, hostname } = new URL(served.url)
  const proxy = createServer(near => {
    const far = connect(Number(port), hostname)
    let left = Infinity
    near.on('data', asked => { if (asked.includes('GET /api/events/stream')) left = BREAKS_AFTER })
    near.on('error', () => {}).on('close', () => { far.destroy() }).pipe(far)
    far.on('error', () => {}).on('close', () => { near.destroy() }).on('data', part => {
      near.write(part.subarray(0, left))
      left -= part.length
      if (left <= 0) far.destroy()
    })
  })
  proxy.listen(0, '127.0.0.1', () => {
    process.stdout.write(JSON.stringify({
      url: served.url,
      key: readFileSync(join(home, '.iris', 'admin.key'), 'utf8').trim(),
      flaky: `http://127.0.0.1:${proxy.address().port}`
    }) + '\n')
  })
}
