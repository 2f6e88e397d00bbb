import t from 'tap'
import { run } from '../fixtures/running.ts'

t.test('the page and what it loads need no key, and may run nothing but themselves', async t => {
  const { app } = await run(t)
  const page = await app.inject('/')
  t.equal(page.statusCode, 200)
  t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
  const policy = String(page.headers['content-security-policy']).split('; ')
  for (const directive of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) t.ok(policy.includes(directive), directive)
  t.notMatch(policy.join(), /unsafe|\*|http/)
  t.notMatch(page.body, /\son\w+=|style=|<script>|<style|(src|href)="(\/|http)/, 'nothing inline, nothing from elsewhere, nothing that a base path breaks')

  const wanted = new Set([...page.body.matchAll(/(?:src|href)="(app\/[^"]+)"/g)].map(([, path]) => `/${path}`))
  t.equal(wanted.size, 3)
  for (const path of wanted) {
    const { statusCode, body, headers } = await app.inject(path)
    t.equal(statusCode, 200, path)
    t.equal(headers['content-security-policy'], page.headers['content-security-policy'])
    if (path.endsWith('.js')) for (const [, to] of body.matchAll(/from ["']([^"']+)["']/g)) wanted.add(new URL(to!, `http://x${path}`).pathname)
  }
  t.ok(wanted.has('/app/js/src/iris.js'), 'with the library')
})

t.test('GraphiQL needs no key either, runs only scripts of this server, and all that it loads is here', async t => {
  const { app } = await run(t)
  const page = await app.inject('/graphiql')
  t.equal(page.statusCode, 200)
  const policy = String(page.headers['content-security-policy'])
  t.match(policy, /default-src 'none'; script-src 'self'; .*connect-src 'self'/)
  t.notMatch(policy, /eval|http|\*|script-src [^;]*unsafe/)
  t.notMatch(page.body, /\son\w+=|style=|<script>|<style|(src|href)="(\/|http)/)
  const wanted = [...page.body.matchAll(/(?:src|href)="(app\/[^"]+)"/g)].map(([, path]) => `/${path!}`)
  t.equal(wanted.length, 8)
  for (const path of wanted) t.equal((await app.inject(path)).statusCode, 200, path)
  t.equal((await app.inject('/app/graphiql/build/copy.js')).statusCode, 404)
})

t.test('an asset is sent again only when it is another', async t => {
  const { app } = await run(t)
  const { headers } = await app.inject('/app/page/style.css')
  const again = await app.inject({ url: '/app/page/style.css', headers: { 'if-none-match': String(headers.etag) } })
  t.equal(again.statusCode, 304)
  t.equal(again.body, '')
})

t.test('nothing else of the disk is served', async t => {
  const { app } = await run(t)
  for (const path of ['/app/', '/app/page', '/app/page/', '/app/page/main.ts', '/app/page/tsconfig.json', '/app/page/../../../package.json', '/app/page/..%2f..%2f..%2fpackage.json', '/app/constructor', '/app/js/src/../package.json', '/app/page/main.js.map']) {
    const { statusCode, headers } = await app.inject(path)
    t.equal(statusCode, 404, path)
    t.match(headers['content-type'], 'application/json')
  }
})

t.test('there is no page where there is no API', async t => {
  const { app } = await run(t, { api: { enabled: false } })
  t.equal((await app.inject('/')).statusCode, 404)
})
