import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { Test } from 'tap'
import { freePort } from '../../fixtures/free-port.ts'
import { root } from '../../fixtures/root.ts'
import { scratch } from '../../fixtures/wired.ts'

/** The name in the examples. */
export const NAME = 'iris.example.org'

/** One that stands in front of an Iris, as the example has it but for addresses and paths. */
export interface Proxy {
  readonly port: number
  /** A file: who vouches for its certificate. */
  readonly ca: string
}

export type Start = (t: Test, upstream: string) => Promise<Proxy>

/** All these texts stand in the example: what is replaced is really there. */
function example (file: string, words: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(root, 'examples', file), 'utf8').replaceAll(/^\s*#.*$/gm, '')
  for (const [word, other] of Object.entries(words)) {
    if (!text.includes(word)) throw new Error(`${file} has no '${word}'`)
    text = text.replaceAll(word, other)
  }
  return text
}

async function shakesHands (port: number, servername: string): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Runs it until the end of the test; resolves once its stderr has said this. */
async function serve (t: Test, command: string, args: string[], env: Record<string, string>, ready: RegExp): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH ?? '', ...env } })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill()
    await ended
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (part: Buffer) => {
      said += part.toString()
      if (ready.test(said)) resolve()
    })
    void ended.then(() => { reject(new Error(`${command} has ended: ${said}`)) }, reject)
  })
}

export async function nginx (t: Test, upstream: string): Promise<Proxy> {
  const home = scratch(t)
  const port = await freePort()
  const [certificate, key] = [join(home, 'certificate.pem'), join(home, 'key.pem')]
  const made = spawnSync('openssl', ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2', '-keyout', key, '-out', certificate,
    '-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME},DNS:localhost`], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(made.stderr)
  writeFileSync(join(home, 'iris.conf'), example('nginx/iris.conf', {
    'listen 443': `listen 127.0.0.1:${port}`,
    '127.0.0.1:1615': new URL(upstream).host,
    [`/etc/ssl/certs/${NAME}.pem`]: certificate,
    [`/etc/ssl/private/${NAME}.key`]: key
  }))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${home}/${name};`).join(' ')
  writeFileSync(join(home, 'nginx.conf'), `${process.getuid!() === 0 ? 'user root;' : ''} pid ${home}/pid; worker_processes 1;
    events {} http { access_log off; ${temporary} include iris.conf; }`)
  await serve(t, 'nginx', ['-p', home, '-c', join(home, 'nginx.conf'), '-g', 'daemon off; error_log stderr notice;'], {}, /start worker process \d+/)
  return { port, ca: certificate }
}

export async function caddy (t: Test, upstream: string): Promise<Proxy> {
  const home = scratch(t)
  const port = await freePort()
  mkdirSync(join(home, 'store'))
  writeFileSync(join(home, 'Caddyfile'), `{
    admin off
    local_certs
    skip_install_trust
    auto_https disable_redirects
    default_bind 127.0.0.1
    storage file_system ${home}/store
  }
  ${example('caddy/Caddyfile', { [`${NAME} {`]: `https://${NAME}:${port}, https://localhost:${port} {`, '127.0.0.1:1615': new URL(upstream).host })}`)
  await serve(t, 'caddy', ['run', '--config', join(home, 'Caddyfile'), '--adapter', 'caddyfile'], { HOME: home }, /serving initial configuration/)
  // It makes its certificates while it serves.
  for (const name of [NAME, 'localhost']) while (!await shakesHands(port, name));
  return { port, ca: join(home, 'store/pki/authorities/local/root.crt') }
}
