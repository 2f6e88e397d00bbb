import { isolation } from '../claude/isolation.ts'
import t, { type Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { KINDS } from '../../src/agent/kinds.ts'
import type { Start } from '../../src/agent/agent.ts'
import { systemClock } from '../../src/clock.ts'
import { createEar, living, scratch, startOf } from '../agent/ear.ts'
import { script, startModelStub, type ModelStub } from '../fixtures/model-stub.ts'
import { agentSuite, type Subject } from '../agent/abstract.ts'
import { PACKAGES, programOf, type Name } from './install.ts'

/** What is particular to one of them. */
export interface Real extends Pick<Subject, 'denied' | 'resumes' | 'forks'> {
  /** Its environment: it knows nothing but the stub on this port, and keeps its things in `home`. */
  environment (port: number, home: string, again: boolean): Record<string, string>
  /** The call of its own tool that writes a file. */
  write (path: string, content: string): { use: string, input: Record<string, unknown> }
  /** Further words for a start. */
  more?: Partial<Start>
  /** It says an error of its model service in its answer too. */
  echoesErrors?: boolean
}

/** The real program before a stub of its model service; what it was told is what the stub was asked. */
export function realSuite (name: Name, { environment, write, more, echoesErrors = false, ...rest }: Real) {
  const command = programOf(name)
  const missing = !existsSync(command)
  if (missing && process.env.REQUIRE_REAL_AGENTS === '1') t.fail(`The real ${name} is required and is not at ${command}`)
  t.comment(`isolation: ${isolation}`)
  t.setTimeout(600_000)
  const kind = KINDS.get(name)!
  let stub: ModelStub | undefined
  t.teardown(() => stub?.close())

  async function start (_t: Test, directory: string, again: boolean): Promise<Partial<Start>> {
    stub ??= await startModelStub()
    const home = join(directory, 'home')
    mkdirSync(home, { recursive: true })
    return { command, ...more, env: { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home, LANG: 'C.UTF-8', ...environment(stub.port, home, again) } }
  }

  t.test(name, { skip: missing ? `${PACKAGES[name].name} ${PACKAGES[name].version} is not installed: node dist/test/agents/install.js` : false, timeout: 600_000 }, async t => {
    agentSuite(t, name, {
      ...rest,
      // A minute later, for the one that tells its conversations by the minute.
      create: ({ clock, ...options }, again) => kind.create({ ...options, clock: again ? { ...clock, now: () => clock.now() + 60_000 } : clock }),
      start,
      edits: false,
      answerTo: message => `stub: ${message}`,
      pieces: text => script([{ say: text, chunks: 12 }]),
      endless: script([{ say: 'endless '.repeat(500), chunks: 500, pause: 100 }]),
      write: (path, content) => script([{ say: 'I write.', ...write(path, content) }, { say: 'So be it.' }]),
      async heard (tell) {
        await tell('what have you heard?')
        // Some ask for a title of the conversation as well, at any time: that is not what the agent has heard.
        const heard = stub!.requests.map(({ messages }) => JSON.stringify(messages)).findLast(said => said.includes('what have you heard?') && !said.includes('<session>'))
        if (heard === undefined) throw new Error('The model was not asked')
        return heard
      }
    })

    t.test(`${name}: fails the turn on an error of its model service, and names the models that it has`, async t => {
      const [directory, owner] = [scratch(t), randomUUID()]
      const agent = kind.create({ clock: systemClock, owner })
      const settings = await start(t, directory, false)
      const { tell } = await living(t, agent, directory, settings)
      const { end, answer } = await tell(script([{ status: 400, message: 'the stub does not like it' }]))
      t.match(end, { outcome: 'failed', error: /the stub does not like it/ })
      t.equal(answer.length, echoesErrors ? 1 : 0)
      t.strictSame((await tell('again')).answer, ['stub: again'])
      await t.rejects(agent.start(startOf(directory, createEar(), { ...settings, model: 'no-such-model' })), { name: 'AgentError', message: /no model 'no-such-model'. It offers \S+/ })
    })
  })
}
