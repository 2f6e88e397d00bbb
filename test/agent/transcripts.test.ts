import t from 'tap'
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { KINDS } from '../../src/agent/kinds.ts'
import type { Decision } from '../../src/agent/agent.ts'
import { systemClock } from '../../src/clock.ts'
import { TEXT } from '../agents/scenario.ts'
import { root } from '../fixtures/root.ts'
import { living, scratch } from './ear.ts'

const replay = fileURLToPath(new URL('../fixtures/replay-peer.js', import.meta.url))

/** What each of them has of its own: the tool it asks about, what it is given, and what comes of a denial. */
const OWN = [
  { kind: 'claude-acp', tool: 'Write', input: { file_path: '/project/made.txt', content: 'by the agent' }, after: 'completed', said: ['I write.', 'So be it.'], version: '0.101.0' },
  { kind: 'codex', tool: 'execute', input: { command: "printf %s 'by the agent' > '/project/made.txt'", cwd: '/project' }, after: 'failed', said: ['I write.'], version: '2.6.0' },
  { kind: 'gemini', model: 'gemini-2.5-pro', tool: 'write_file', input: { paths: ['/project/made.txt'], diffs: [{ path: '/project/made.txt', newText: 'by the agent' }] }, after: 'completed', said: ['I write.', 'So be it.'], version: '0.61.0' },
  { kind: 'opencode', tool: 'write', input: { filePath: '/project/made.txt', content: 'by the agent' }, after: 'completed', said: ['I write.'], version: '1.18.33' }
]

for (const { kind, model, tool, input, after, said, version } of OWN) {
  t.test(`What the real ${kind} said is understood, however it is cut`, async t => {
    const cwd = scratch(t)
    const command = join(cwd, 'program')
    writeFileSync(command, `#!/bin/sh\nexec ${execPath} ${replay} ${join(root, `test/fixtures/transcripts/${kind}.jsonl`)}\n`, { mode: 0o755 })
    const agent = KINDS.get(kind)!.create({ clock: systemClock, owner: randomUUID() })
    const { ear, process, tell } = await living(t, agent, cwd, { command, ...(model !== undefined && { model }) })
    t.equal(process.version, version)

    const first = await tell('a text')
    t.strictSame(first.answer, [TEXT])
    t.strictSame(first.chunks, first.answer)
    t.match(first.end, { outcome: 'completed', usage: { inputTokens: Number, outputTokens: Number } })
    t.ok(first.end.usage!.inputTokens > 0)

    const asked = async (decide: (input: Record<string, unknown>) => Decision) => {
      const [ask, told] = await Promise.all([
        ear.until('ask').then(ask => {
          process.answer(ask.requestId, decide(ask.input))
          return ask
        }),
        tell('a question')
      ])
      t.strictSame(told.chunks, told.answer)
      t.equal(told.events.filter(({ type }) => type === 'tool').length % 2, 0)
      return { ask, ...told }
    }
    const allowed = await asked(input => ({ behavior: 'allow', input }))
    t.match(allowed.ask, { tool, input, fixed: true })
    t.strictSame(allowed.answer, ['I write.', 'So be it.'])
    t.equal(allowed.end.outcome, 'completed')
    t.match(allowed.events.flatMap(event => event.type === 'message' && event.kind === 'tool' ? [event.data] : []), [{ status: 'completed' }])

    const denied = await asked(() => ({ behavior: 'deny', message: 'not in this house' }))
    t.match(denied.end, { outcome: after, ...(after === 'failed' && { error: /'execute' was denied \(not in this house\)/ }) })
    t.strictSame(denied.answer, said)

    void ear.until('delta').then(() => { process.interrupt() })
    const cut = await tell('endless')
    t.equal(cut.end.outcome, 'interrupted')
    t.strictSame(cut.chunks, cut.answer)

    t.match(await process.stop(), { code: 0 }, 'nothing was said that the real one was not told')
    t.notOk(ear.events.some(event => event.type === 'message' && /not_understood/.test(JSON.stringify(event.data))))
  })
}
