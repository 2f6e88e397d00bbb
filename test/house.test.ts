import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { root } from './fixtures/root.ts'

// Who may import whom. A line here is a decision; changing one is a review of its own. First match wins.
const LAYERS: [file: RegExp, may: RegExp][] = [
  [/^schemas\//, /^(@sinclair\/typebox|schemas\/)/],
  [/^src\/(main|app|server|services)\.ts$|^src\/cli\//, /./],
  [/^src\/agent\/echo-/, /^(node:|src\/agent\/(echo-|lines))/], // starts at once: it loads next to nothing
  [/^src\/agent\/acp\//, /^(node:|@agentclientprotocol\/sdk|schemas\/|src\/(agent\/|errors|clock))/],
  [/^src\/agent\//, /^(node:|schemas\/|src\/(agent\/|errors|clock))/],
  [/^src\/metrics\//, /^(node:|prom-client|schemas\/|src\/(metrics\/|store\/store|audit|clock|log|tool)\b)/],
  [/^src\/tracing\//, /^(node:async_hooks|@opentelemetry\/|schemas\/|src\/(tracing\/|audit|clock|tool)\b)/],
  [/^src\/store\//, /^(node:|better-sqlite3|schemas\/|src\/(store\/|errors|clock))/],
  [/^src\/bus\//, /^(schemas\/|src\/(bus\/|errors|clock))/],
  [/^src\/build\//, /^(node:|ajv|esbuild|schemas\/|src\/(build\/|config\/))/], // makes what is shipped, and is not
  [/^src\/config(\/|\.ts)/, /^(node:|yaml|ajv|@sinclair\/typebox|schemas\/|src\/(config|agent\/kinds|errors|clock|nearest|validate))/],
  [/^src\/webhooks\//, /^(node:|ipaddr\.js|standardwebhooks|schemas\/|src\/(webhooks\/|bus\/bus|store\/(store|webhook-rows)|errors|clock|log\.))/],
  [/^src\/stderr\.ts$/, /^(node:|sonic-boom$|src\/clock\.)/],
  [/^src\/tools\//, /^(@sinclair\/typebox|schemas\/|src\/(tools\/|tool\.|errors|tells|wake|session-view|own-tells|interest|bus\/bus))/],
  [/^src\//, /^(node:|ajv|@sinclair\/typebox|schemas\/|src\/(?!app\.|main|server\.|services|cli\/))/],
  [/^plugins\//, /^(node:|ajv|ws|graphql|mercurius|fastify|fastify-plugin|@fastify\/|@modelcontextprotocol\/|@sinclair\/typebox|schemas\/|plugins\/|src\/(tool|errors|hang-up|ajv|nearest|utf8)\.)/] // not another plugin: see below
]

// One owner for each thing of the outside world: elsewhere these words do not stand. (echo-* is a program of its own, an agent.)
const OWNERS: [word: RegExp, owner: RegExp, what: string][] = [
  [/node:child_process/, /^src\/agent\/(child|probe|birth|watchdog|worktree|echo-)/, 'starts processes'],
  [/process\.kill\((?!\w+, 0\))/, /^src\/agent\/(child|sweep|probe|echo-)/, 'ends processes'],
  [/process\.env/, /^src\/(config\/environment\.ts|agent\/echo-)/, 'reads the environment'],
  [/Date\.now|new Date\(\)|setTimeout|setInterval|performance\.now/, /^src\/(clock\.ts|agent\/echo-)/, 'reads time'],
  [/^import (?!type).*'node:https?'|\bfetch\(/m, /^src\/(webhooks\/send|cli\/exchange)\.ts/, 'makes requests'],
  [/node:dns/, /^src\/webhooks\/guard\.ts/, 'resolves names'],
  [/better-sqlite3/, /^src\/store\//, 'speaks SQL'],
  [/\.iterate\(/, /^$/, 'leaves an iterator of the driver to the garbage collector, which ends Node 24 (see openStore)'],
  [/process\.(exit|on)\b/, /^src\/(main\.ts|cli\/|agent\/echo-)/, 'ends or listens to this process'],
  [/console\./, /^src\/cli\//, 'prints']
]

/** Lines. Small files are read whole. */
const MOST = 300
const NO_NAMES = /(^|[/-])(utils?|helpers?|common|manager|misc|shared)[/.-]/

const files = ['schemas', 'src', 'plugins'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts')).map(name => `${folder}/${name}`))
const source = new Map(files.map(file => [file, readFileSync(join(root, file), 'utf8')]))

t.test('imports point one way', async t => {
  for (const [file, text] of source) {
    const layer = LAYERS.find(([where]) => where.test(file))
    for (const [, specifier] of text.matchAll(/(?:^(?:import|export) [^'\n]*?from |^import |^\} from |\bimport\()'([^']+)'/gm)) {
      const target = specifier!.startsWith('.') ? join(dirname(file), specifier!) : specifier!
      if (!layer![1].test(target)) t.fail(`${file} may not import ${target}`)
      // A plugin of several files is a folder of its own.
      const plugin = /^plugins\/([^/.]+)/.exec(target)?.[1]
      const own = /^plugins\/([^/.]+)/.exec(file)?.[1]
      if (file.startsWith('plugins/') && plugin !== undefined && plugin !== own) t.fail(`${file} may not import another plugin, ${target}`)
    }
  }
})

t.test('each thing of the outside world has one owner', async t => {
  for (const [file, text] of source) {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    for (const [word, owner, what] of OWNERS) {
      if (word.test(code) && !owner.test(file)) t.fail(`${file} ${what}: ${word.exec(code)![0]}`)
    }
  }
})

t.test('files are small and named for what they do', async t => {
  for (const [file, text] of source) {
    const lines = text.split('\n').length
    if (lines > MOST) t.fail(`${file} has ${lines} lines`)
    if (NO_NAMES.test(file)) t.fail(`${file} is named for nothing`)
  }
  const sizes = [...source.values()].map(text => text.split('\n').length).sort((a, b) => a - b)
  t.ok(sizes[Math.floor(sizes.length * 0.7)]! <= 100, 'seven files in ten are under 100 lines')
})

t.test('nothing happens at import: no file of a layer below the top builds anything', async t => {
  for (const [file, text] of source) {
    if (/^(schemas|plugins)\//.test(file) && /^(await |new |setTimeout|process\.)/m.test(text)) t.fail(`${file} does something when it is imported`)
  }
})

t.test('one tool, one file, one name', async t => {
  const { tools } = await import('../src/tools/index.ts')
  const named = files.filter(file => /^src\/tools\/(?!index)/.test(file)).map(file => file.slice('src/tools/'.length, -3).replaceAll('-', '_'))
  t.same(tools.map(({ name }) => name).sort(), named.sort())
})
