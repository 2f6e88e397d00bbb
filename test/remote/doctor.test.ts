import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/root.ts'
import { skip, startSshd } from './sshd.ts'

t.test('iris doctor says of a team elsewhere whether its host is reached and its program is there', { skip }, async t => {
  const sshd = await startSshd(t)
  const { folder, remote } = sshd
  const team = (more: object) => ({ path: folder, agent: 'claude', remote, ...more })
  writeFileSync(join(folder, 'own.sh'), '#!/bin/sh\ntouch worked\n', { mode: 0o755 })
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify({
    settings: { httpPort: 0 },
    teams: {
      good: team({ command: process.execPath }),
      echo: team({ agent: 'echo' }),
      none: team({ command: 'iris-no-such-program' }),
      own: team({ agent: 'command', command: './own.sh' }),
      unowned: team({ agent: 'command', command: './iris-no-such-program' }),
      nowhere: team({ command: process.execPath, path: '/iris/no/such' }),
      stranger: team({ remote: { ...remote, host: 'localhost', options: { HostKeyAlias: 'nobody' } } })
    }
  }))
  const { stdout } = spawnSync(process.execPath, [join(root, 'dist/bin/iris.js'), 'doctor', '--json', '--config', join(folder, 'config.yaml')], { encoding: 'utf8', env: { PATH: process.env.PATH } })
  const { checks } = JSON.parse(stdout) as { checks: { check: string, result: string, detail: string }[] }
  const of = (name: string) => checks.find(({ check }) => check === `team ${name}`)
  t.match(of('good'), { result: 'warn', detail: new RegExp(`^${folder} at 127.0.0.1, ${process.execPath} ${process.version}, but does not start: `) }, 'it is no agent')
  t.match(of('echo'), { result: 'ok', detail: /at 127.0.0.1, agent echo comes with Iris, starts$/ })
  t.match(of('none'), { result: 'warn', detail: /iris-no-such-program: not found/ })
  t.match(of('own'), { result: 'ok', detail: /at 127.0.0.1, \.\/own\.sh, starts$/ })
  t.notOk(existsSync(join(folder, 'worked')), 'a program that prints answers is not run, for it might do its work')
  t.match(of('unowned'), { result: 'warn', detail: /iris-no-such-program: not found/ })
  t.match(of('nowhere'), { result: 'warn', detail: /\/iris\/no\/such/ })
  t.match(of('stranger'), { result: 'warn', detail: /host key of 'localhost' is not one that is known/ })
})
