import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config.ts'
import { iris, saying, start } from '../cli/iris.ts'
import { root } from '../fixtures/root.ts'

const folder = join(root, 'examples/compose')
const KEY = 'c0ffee'.repeat(8)

interface Service {
  build?: { context: string, dockerfile: string }
  environment?: Record<string, string>
  volumes: string[]
  ports: string[]
  secrets?: string[]
  healthcheck?: { test: string[] }
  depends_on?: Record<string, { condition: string }>
}

/** As Compose fills it in. */
const filled = (name: string, env: Record<string, string>) => readFileSync(join(folder, name), 'utf8').replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, variable: string, kind: string, otherwise: string) => {
  const value = env[variable] ?? (kind === '-' ? otherwise : undefined)
  if (value === undefined) throw new Error(`${name} wants ${variable}`)
  return value
})
const { services, volumes, secrets } = parse(filled('compose.yaml', { IRIS_METRICS_KEY: KEY, GRAFANA_PASSWORD: 'x' })) as {
  services: Record<'iris' | 'prometheus' | 'grafana', Service>, volumes: Record<string, null>, secrets: Record<string, { environment: string }>
}
const yaml = (name: string) => parse(readFileSync(join(folder, name), 'utf8')) as Record<string, never>
const dockerfile = readFileSync(join(folder, 'Dockerfile'), 'utf8').replaceAll(/^#.*\n/gm, '')

/** The file or volume that lies at this path of a service. */
function mounted (service: Service, path: string): string | undefined {
  for (const volume of service.volumes) {
    const [source, target] = volume.split(':') as [string, string]
    if (path === target) return source.startsWith('.') ? resolve(folder, source) : source
  }
  return undefined
}

t.test('without its secrets nothing starts; with them, what is mounted is there and only this machine gets in', async t => {
  t.throws(() => filled('compose.yaml', { GRAFANA_PASSWORD: 'x' }), /IRIS_METRICS_KEY/)
  t.throws(() => filled('compose.yaml', { IRIS_METRICS_KEY: KEY }), /GRAFANA_PASSWORD/)
  for (const [name, service] of Object.entries(services)) {
    for (const volume of service.volumes) {
      const source = mounted(service, volume.split(':')[1]!)!
      t.ok(source.startsWith('/') ? existsSync(source) : source in volumes, `${name}: ${volume}`)
    }
    t.ok(service.ports.length > 0 && service.ports.every(port => /^127\.0\.0\.1:(\d+):\1$/.test(port)), `${name}: ${service.ports.join()}`)
    for (const other of Object.keys(service.depends_on ?? {})) t.ok(other in services && services[other as 'iris'].healthcheck !== undefined, other)
  }
})

t.test('the image is built from what the repository has', async t => {
  const { context, dockerfile: file } = services.iris.build!
  t.equal(resolve(folder, context), resolve(root))
  t.equal(resolve(root, file), join(folder, 'Dockerfile'))
  t.match(dockerfile, /^COPY \. \.\nRUN npm ci && npm prune --omit=dev --ignore-scripts/m)
  const out = /ln -s \/iris\/(\S+) \/usr\/local\/bin\/iris/.exec(dockerfile)![1]!
  t.equal((JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: { iris: string } }).bin.iris, out)
  t.match(readFileSync(join(root, out), 'utf8'), /^#!\/usr\/bin\/env node\n/)
  const ignored = readFileSync(join(folder, 'Dockerfile.dockerignore'), 'utf8').trim().split('\n').map(line => line.replace('**/', ''))
  const tracked = spawnSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).stdout.trim().split('\n')
  t.same(tracked.filter(file => file.split('/').some(part => ignored.includes(part))), [], 'nothing of it is left out')
  t.match(dockerfile, /^USER node$/m)
})

t.test('the configuration is one, with keys, and Iris is given no variable that it does not know', async t => {
  const env = { ...services.iris.environment, ...Object.fromEntries([...dockerfile.matchAll(/\b(IRIS_\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!])) }
  const { IRIS_CONFIG, IRIS_HOME, ...rest } = env
  t.equal(mounted(services.iris, IRIS_CONFIG!), join(folder, 'iris.yaml'))
  t.equal(mounted(services.iris, IRIS_HOME!), 'iris')
  const source = readFileSync(join(folder, 'iris.yaml'), 'utf8')
  for (const name of Object.keys(rest)) t.match(source, `\${${name}}`)
  const config = loadConfig({ file: join(folder, 'iris.yaml'), env, cwd: folder })
  t.match(config, { settings: { host: '0.0.0.0', httpPort: 1615 }, api: { requireAuth: true, hosts: ['iris'], apiKeys: [{ key: KEY }] } })
  for (const { path } of config.teams.values()) t.ok(mounted(services.iris, path), path)
  t.ok(services.iris.ports.includes(`127.0.0.1:${config.settings.httpPort}:${config.settings.httpPort}`))
})

t.test('it serves, its health is seen, and Prometheus reads it by the name and the key that it has there', async t => {
  const home = t.testdir({ work: {} })
  const file = join(home, 'config.yaml')
  writeFileSync(file, readFileSync(join(folder, 'iris.yaml'), 'utf8').replace('0.0.0.0', '127.0.0.1').replace('/work', join(home, 'work')))
  const [program, ...args] = JSON.parse(/^CMD (.*)$/m.exec(dockerfile)![1]!) as string[]
  t.equal(program, 'iris')
  const env = { IRIS_CONFIG: file, IRIS_HOME: join(home, 'data'), IRIS_HTTP_PORT: '0', ...services.iris.environment }
  const server = start(t, args, { cwd: home, env })
  const port = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(await saying(server.stdout!, /Try:/))![1]!
  t.match(await iris(t, ['tell', 'echo', 'Hello'], { cwd: home, env }), { code: 0, stdout: 'echo: Hello\n' })

  const { job_name: job, authorization, static_configs: [{ targets: [target] }] } = (yaml('prometheus.yml').scrape_configs as unknown as { job_name: string, authorization: { credentials_file: string }, static_configs: [{ targets: [string] }] }[])[0]!
  t.equal(job, 'iris', 'the job that the rules are about')
  const secret = /^\/run\/secrets\/(\w+)$/.exec(authorization.credentials_file)![1]!
  t.ok(services.prometheus.secrets!.includes(secret))
  t.equal(secrets[secret]!.environment, 'IRIS_METRICS_KEY')
  t.ok(target.split(':')[0]! in services && target.endsWith(':1615'))
  const scrape = async (host: string) => {
    const sent = request({ port, path: '/metrics', headers: { host, authorization: `Bearer ${KEY}` } }).end()
    const [response] = await once(sent, 'response') as [IncomingMessage]
    return { status: response.statusCode, said: await text(response) }
  }
  t.match(await scrape(target), { status: 200, said: /^iris_tells_total\{.*team="echo".*\} 1$/m })
  t.match(await scrape('other:1615'), { status: 403 })

  const [kind, command, ...more] = services.iris.healthcheck!.test
  t.same([kind, command], ['CMD', 'node'])
  const healthy = async () => {
    const child = spawn(process.execPath, more.map(word => word.replace('1615', port)), { stdio: 'inherit' })
    return (await once(child, 'exit'))[0] as number
  }
  t.equal(await healthy(), 0)
  server.kill()
  t.same(await once(server, 'exit'), [0, null])
  t.equal(await healthy(), 1)
})

t.test('Prometheus and Grafana find their files and each other', async t => {
  const rules = yaml('prometheus.yml').rule_files as unknown as string[]
  for (const name of rules) t.equal(mounted(services.prometheus, `/etc/prometheus/${name}`), join(root, 'examples/prometheus', name))
  t.equal(mounted(services.prometheus, '/etc/prometheus/prometheus.yml'), join(folder, 'prometheus.yml'))
  const [source] = yaml('grafana/datasource.yml').datasources as unknown as { type: string, url: string, isDefault: boolean }[]
  t.match(source, { type: 'prometheus', isDefault: true })
  const { hostname, port } = new URL(source!.url)
  t.ok(services[hostname as 'prometheus'].ports[0]!.endsWith(`:${port}`))
  const [provider] = yaml('grafana/dashboards.yml').providers as unknown as { options: { path: string } }[]
  t.equal(mounted(services.grafana, join(provider!.options.path, 'iris.json')), join(root, 'examples/grafana/iris.json'))
  for (const kind of ['datasources', 'dashboards']) t.equal(dirname(mounted(services.grafana, `/etc/grafana/provisioning/${kind}/iris.yml`)!), join(folder, 'grafana'))
})

const compose = spawnSync('docker', ['compose', 'version']).status === 0

t.test('docker compose reads it', { skip: compose ? false : 'docker compose is not installed: 1 check is left out' }, async t => {
  const { status, stderr } = spawnSync('docker', ['compose', '--file', join(folder, 'compose.yaml'), 'config', '--quiet'], { encoding: 'utf8', env: { PATH: process.env.PATH, IRIS_METRICS_KEY: KEY, GRAFANA_PASSWORD: 'x' } })
  t.equal(status, 0, stderr)
})

const promtool = spawnSync('promtool', ['--version']).error === undefined

t.test('promtool reads the configuration of Prometheus', { skip: promtool ? false : 'promtool is not installed: 1 check is left out' }, async t => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', '--syntax-only', join(folder, 'prometheus.yml')], { encoding: 'utf8' })
  t.equal(status, 0, stdout + stderr)
})
