/**
 * `node dist/test/agents/record.js [kind …]` writes the transcripts in test/fixtures/transcripts anew: what the real programs say before a stub of their
 * model service, in the turns of scenario.ts. What is long and says nothing about the protocol is left out.
 */
import { isolation } from '../claude/isolation.ts'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KINDS } from '../../src/agent/kinds.ts'
import type { Decision } from '../../src/agent/agent.ts'
import { systemClock } from '../../src/clock.ts'
import { createEar, startOf } from '../agent/ear.ts'
import { startModelStub } from '../fixtures/model-stub.ts'
import { root } from '../fixtures/root.ts'
import { claudeAcp } from './claude-acp.ts'
import { codex } from './codex.ts'
import { gemini } from './gemini.ts'
import { programOf, type Name } from './install.ts'
import { opencode } from './opencode.ts'
import type { Real } from './real.ts'
import { scenario } from './scenario.ts'

const ALL: Record<Name, Real> = { 'claude-acp': claudeAcp, codex, gemini, opencode }
/** How long a text in a transcript may be, UTF-16 units, and a list. */
const LONGEST = 1000
const MOST = 6

async function record (name: Name, real: Real) {
  const stub = await startModelStub()
  const place = mkdtempSync(join(tmpdir(), 'iris-'))
  const [cwd, home, command, file] = ['project', 'home', 'program', 'transcript'].map(part => join(place, part)) as [string, string, string, string]
  mkdirSync(cwd)
  mkdirSync(home)
  writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${join(root, 'dist/test/agents/tee.js')} ${file} ${programOf(name)} "$@"\n`, { mode: 0o755 })
  const ear = createEar()
  const env = { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home, LANG: 'C.UTF-8', ...real.environment(stub.port, home, false) }
  const agent = await KINDS.get(name)!.create({ clock: systemClock, owner: randomUUID() }).start(startOf(cwd, ear, { command, ...real.more, env }))
  const say = scenario(real, cwd)
  const tell = async (text: string, meanwhile: Promise<unknown> = Promise.resolve()) => {
    agent.send(randomUUID(), { text })
    await Promise.all([meanwhile, ear.until('ended')])
  }
  const decide = (decision: (input: Record<string, unknown>) => Decision) => ear.until('ask').then(({ requestId, input }) => { agent.answer(requestId, decision(input)) })
  await tell(say.text)
  await tell(say.allowed, decide(input => ({ behavior: 'allow', input })))
  await tell(say.denied, decide(() => ({ behavior: 'deny', message: 'not in this house' })))
  await tell(say.endless, ear.until('delta').then(() => { agent.interrupt() }))
  await agent.stop()
  await stub.close()
  const lines = readFileSync(file, 'utf8').trim().split('\n')
    .map(line => JSON.stringify(lean(JSON.parse(line.replaceAll(cwd, '/project').replaceAll(home, '/home').replaceAll(`127.0.0.1:${stub.port}`, '127.0.0.1:1')))))
  writeFileSync(join(root, `test/fixtures/transcripts/${name}.jsonl`), `${lines.join('\n')}\n`)
  rmSync(place, { recursive: true, force: true, maxRetries: 3 })
  console.log(name, lines.length, 'lines')
}

/** Without descriptions, long texts and long lists. */
function lean (value: unknown): unknown {
  if (typeof value === 'string') return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value
  if (Array.isArray(value)) return value.slice(0, MOST).map(lean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'description' && key !== 'availableCommands').map(([key, one]) => [key, lean(one)]))
}

if (isolation !== 'network') throw new Error('nothing is recorded where the programs could reach more than the stub')
for (const name of process.argv.length > 2 ? process.argv.slice(2) as Name[] : Object.keys(ALL) as Name[]) await record(name, ALL[name])
