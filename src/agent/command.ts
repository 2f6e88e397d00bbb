import { AgentError } from '../errors.ts'
import type { Agent, AgentOptions, AgentProcess, Exit, Kind, Start } from './agent.ts'
import { spawnChild, type Child } from './child.ts'
import { traceVariables } from './environment.ts'
import { requireProgram } from './program.ts'

/** The longest answer that is kept, bytes: a program that prints for ever must not fill the memory. */
const LONGEST_ANSWER = 16 * 1024 * 1024

export const command: Kind = {
  unversioned: true,
  fields: ['model'],
  environment: () => [],
  check: ({ command }) => command === undefined
    ? { field: 'command', text: 'is missing: the program that reads the message and prints the answer' }
    : undefined,
  create: createCommand
}

/**
 * Any program that reads a prompt and prints an answer: run once for each turn, without a shell. The message goes to its
 * stdin, or to where its arguments say `{message}`; its stdout is the answer, exit code 0 says that it is one.
 */
export function createCommand (options: AgentOptions): Agent {
  return { start: start => begin(start, options) }
}

async function begin (start: Start, options: AgentOptions): Promise<AgentProcess> {
  const { on, cwd, env, launch, args = [] } = start
  if (start.fork !== undefined && !start.resume) throw new AgentError('This kind of agent cannot fork a conversation: it keeps none')
  const program = start.command!
  // Here it is known now, and not with the first message, that there is no such program.
  if (launch === undefined) requireProgram(program, { cwd, env })

  let turn: { interrupted: boolean, child: Promise<Child>, pid?: number } | undefined
  let stopped: Promise<Exit> | undefined

  async function run (tellId: string, text: string): Promise<Child> {
    const inArguments = args.some(arg => arg.includes('{message}'))
    const decoder = new TextDecoder()
    let answer = ''
    let bytes = 0
    let held = ''
    // White space at the end is no part of the answer, and it is not known yet whether this is the end.
    const grow = (more: string) => {
      answer += more
      const text = held + more
      const said = text.trimEnd()
      held = text.slice(said.length)
      on(said === '' ? { type: 'activity' } : { type: 'delta', tellId, text: said })
    }

    const child = await spawnChild({
      ...options,
      command: program,
      args: args.map(arg => filled(arg, { message: text, conversation: start.conversation, session: start.sessionId, team: start.team, model: start.model ?? '' })),
      cwd,
      env: { ...env, ...traceVariables(start.trace?.()) },
      launch,
      sessionId: start.sessionId,
      stdout (chunk) {
        bytes += chunk.length
        if (bytes > LONGEST_ANSWER) void child.kill()
        else grow(decoder.decode(chunk, { stream: true }))
      },
      exit (exit) {
        grow(decoder.decode())
        end(tellId, answer.trimEnd(), bytes > LONGEST_ANSWER ? `it printed more than ${LONGEST_ANSWER} bytes` : undefined, exit)
      }
    })
    child.end(inArguments ? '' : text)
    return child
  }

  function end (tellId: string, answer: string, why: string | undefined, { code, signal, stderr }: Exit) {
    const interrupted = turn?.interrupted === true
    turn = undefined
    on({ type: 'text', tellId, text: answer })
    on({ type: 'message', tellId, kind: 'assistant', data: { text: answer } })
    if (interrupted) return on({ type: 'ended', tellId, outcome: 'interrupted' })
    if (code === 0 && why === undefined) return on({ type: 'ended', tellId, outcome: 'completed' })
    const how = why ?? (signal === null ? `exit code ${String(code)}` : signal)
    const words = stderr.trim().split('\n').at(-1)
    on({ type: 'ended', tellId, outcome: 'failed', error: words ? `${how}: ${words}` : how, details: { exitCode: code, signal, stderr } })
  }

  function failed (tellId: string, err: unknown) {
    turn = undefined
    const { message, details } = err instanceof AgentError ? err : new AgentError(String(err))
    on({ type: 'ended', tellId, outcome: 'failed', error: message, ...(details !== undefined && { details }) })
  }

  async function stop (): Promise<Exit> {
    await turn?.child.then(child => child.stop(), () => {})
    const exit: Exit = { code: 0, signal: null, stderr: '', expected: true }
    on({ type: 'exit', exit })
    return exit
  }

  return {
    get pid () { return turn?.pid },
    version: undefined,
    capabilities: { resume: args.some(arg => arg.includes('{conversation}')), fork: false },
    send (tellId, { text }) {
      if (stopped !== undefined) throw new AgentError('The agent has ended')
      const now: typeof turn = turn = { interrupted: false, child: run(tellId, text) }
      now.child.then(({ pid }) => { now.pid = pid }, err => { failed(tellId, err) })
    },
    interrupt () {
      if (turn === undefined) return
      turn.interrupted = true
      void turn.child.then(child => child.stop(), () => {})
    },
    answer () {},
    stop: () => stopped ??= stop()
  }
}

/**
 * Each `{name}` replaced, the text in it untouched by further ones. An argument that would begin with a dash only by what
 * was said to the agent begins with a space: it is a message, and no option.
 */
export function filled (template: string, values: Readonly<Record<string, string>>): string {
  const text = template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
  return text.startsWith('-') && !template.startsWith('-') ? ` ${text}` : text
}
