import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { root } from '../../fixtures/root.ts'
import { run, type Running } from '../../fixtures/running.ts'
import { scratch } from '../../fixtures/wired.ts'
import { missing } from './present.ts'

interface Step { name: string, env: Record<string, string>, run: string }
interface Workflow { name: string, on: { push: object }, jobs: Record<string, { 'runs-on': string, steps: Step[] }> }

const workflow = parse(readFileSync(join(root, 'examples/github-actions/tell-team.yml'), 'utf8')) as Workflow
const skip = { skip: missing('bash', 'curl', 'jq') }

/** Runs the steps of the job as GitHub's runner does. */
async function act (t: Test, { url, key }: Pick<Running, 'url' | 'key'>, { env = {}, edit = run => run }: { env?: Record<string, string>, edit?: (run: string) => string } = {}) {
  const cwd = scratch(t)
  const summary = join(cwd, 'summary.md')
  const context: Record<string, string> = {
    'secrets.IRIS_URL': url, 'secrets.IRIS_KEY': key, 'github.sha': 'abc123', 'github.ref_name': 'main', 'github.run_id': '77', 'github.job': 'tell'
  }
  const filled = (text: string) => text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => {
    if (context[expression] === undefined) throw new Error(`The runner knows no ${expression}`)
    return context[expression]
  })
  let said = ''
  for (const step of workflow.jobs.tell!.steps) {
    writeFileSync(join(cwd, 'step.sh'), edit(filled(step.run)))
    const own = Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, filled(value)]))
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', 'step.sh'], {
      cwd, env: { PATH: process.env.PATH, GITHUB_STEP_SUMMARY: summary, ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe']
    })
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number]>])
    said += out + err
    if (code !== 0) return { code, said, summary: '' }
  }
  return { code: 0, said, summary: existsSync(summary) ? readFileSync(summary, 'utf8') : '' }
}

const devops = (t: Test) => run(t, { teams: { devops: {} } })
const tellsOf = ({ services }: Running) => services.tells.list({}, { limit: 10 }).rows.map(({ message, state }) => ({ message, state }))

t.test('the workflow is one, and no text of others gets into its script', async t => {
  t.match(workflow, { name: String, on: { push: { branches: ['main'] } }, jobs: { tell: { 'runs-on': 'ubuntu-latest', steps: [{ name: String, run: String }] } } })
  for (const { run } of workflow.jobs.tell!.steps) t.notMatch(run, /\$\{\{/)
})

t.test('a team is told, and its answer is on the summary; a run that is repeated tells nothing twice', skip, async t => {
  const server = await devops(t)
  const answer = 'echo: Deploy abc123 of main to production.\n'
  t.same(await act(t, server), { code: 0, said: '', summary: answer })
  t.same(await act(t, server), { code: 0, said: '', summary: answer })
  t.same(tellsOf(server), [{ message: 'Deploy abc123 of main to production.', state: 'completed' }])
})

t.test('an answer that takes longer than one request waits is waited for', skip, async t => {
  const server = await devops(t)
  const asked = await act(t, server, { env: { MESSAGE: '!slow 4 100 deployed' }, edit: run => run.replace('wait=30000', 'wait=20') })
  t.same(asked, { code: 0, said: '', summary: 'deployed\n' })
})

t.test('where the team fails, so does the run, and says why', skip, async t => {
  const server = await devops(t)
  const { code, said } = await act(t, server, { env: { MESSAGE: '!fail the tests are red,\n::notice::100%' } })
  t.equal(code, 1)
  t.match(said, /^::error title=devops failed::.*the tests are red, ::notice::100%\n$/)
})

t.test('where Iris refuses, so does the run, and says why', skip, async t => {
  const server = await devops(t)
  t.match(await act(t, { url: server.url, key: 'iris_sk_wrong' }), { code: 1, said: /^::error title=Iris answers 401::.*key/ })
  t.match(await act(t, { url: server.url, key: server.makeKey({ permissions: ['tell'], teams: ['echo'] }) }), { code: 1, said: /^::error title=Iris answers 403::/ })
  t.same(tellsOf(server), [])
})

t.test('where the answer to the tell is lost, it is asked for again and nothing runs twice', skip, async t => {
  const server = await devops(t)
  let connections = 0
  const line = createServer(near => {
    const breaks = ++connections === 1
    const far = connect(Number(new URL(server.url).port), '127.0.0.1')
    far.on('error', () => {}).on('close', () => { near.destroy() })
    near.on('error', () => {}).on('close', () => { far.destroy() }).pipe(far)
    if (breaks) far.once('data', () => { near.destroy() })
    else far.pipe(near)
  })
  line.listen(0, '127.0.0.1')
  await once(line, 'listening')
  t.teardown(() => { line.close() })
  const { code, summary } = await act(t, { url: `http://127.0.0.1:${(line.address() as AddressInfo).port}`, key: server.key })
  t.same({ code, summary }, { code: 0, summary: 'echo: Deploy abc123 of main to production.\n' })
  t.ok(connections > 1)
  t.equal(tellsOf(server).length, 1)
})
