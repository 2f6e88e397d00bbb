import { AgentError } from '../../errors.ts'
import type { AgentOptions, AgentProcess, Exit, Program, Start } from '../agent.ts'
import { spawnChild, type Child } from '../child.ts'
import { lockConversation } from '../lock.ts'
import { endedEarly, throwIfAborted } from '../stream-json.ts'
import { choose, set } from './choose.ts'
import type { Conversations } from './conversations.ts'
import { judge, usageOf } from './ending.ts'
import { detailsOf, loginNeeded, reasonOf, wantsLogin } from './failure.ts'
import type { Ending, Update } from './frame.ts'
import { modesOf, valueOf } from './modes.ts'
import { openSession, placeOf, type Session } from './open.ts'
import type { Preset } from './preset.ts'
import { createQuestions } from './questions.ts'
import { createReader } from './reader.ts'
import { connect, type Wire } from './wire.ts'

/**
 * Start a program that speaks ACP over its stdio and wait until its session is open, in the mode and with the model that it is to
 * have. No model is called. Where the start fails, nothing is left behind and no `exit` is said: the rejection says it all.
 */
export async function startAcp (program: Program, preset: Preset, start: Start, { conversations, ...options }: AgentOptions & { conversations: Conversations }): Promise<AgentProcess> {
  const { conversation, sessionId: ofSession, launch, signal, on } = start
  throwIfAborted(signal)
  const unlock = await lockConversation(conversation)
  let session: Session | undefined
  let mode: string | undefined
  let live = false
  let gone = false
  let inTurn = false
  let interrupted = false
  let spent = start.costSoFar
  let total: number | undefined
  let child: Child
  let early: Exit | undefined
  let leave = () => {}
  /** Resolves when all that it said is dealt with, its exit last. */
  const over = new Promise<void>(resolve => { leave = resolve })

  const reader = createReader({ preset, on, watch: watchMode, cost (amount) { total = amount } })
  const questions = createQuestions({ reader, preset, on })
  let wire: Wire

  /** An agent that goes over to acting unasked, by whatever way, is called back. */
  function watchMode ({ sessionUpdate, currentModeId, configOptions }: Update) {
    const choice = modesOf(session!.opened)
    const now = sessionUpdate === 'current_mode_update' ? currentModeId : sessionUpdate === 'config_option_update' && choice.option !== undefined ? valueOf(configOptions, choice.option) : undefined
    if (mode === undefined || now === undefined || now === mode || !preset.unasked.test(now)) return
    set(wire.agent, session!.id, { ...choice, current: now }, 'mode', mode).catch(() => { void child.kill() })
  }

  function exited (exit: Exit) {
    const why = endedEarly(exit, undefined)
    early = exit
    wire.end(why, () => {
      reader.end()
      gone = true
      unlock()
      if (live) on({ type: 'exit', exit })
      leave()
    })
  }

  const abort = () => { void child.kill() }
  try {
    wire = await connect({
      write (text) { child.write(text) },
      heard () { on({ type: 'activity' }) },
      update (sessionId, update) {
        if (session === undefined || sessionId !== session.id) return on({ type: 'activity' })
        reader.update(update)
      },
      ask: (question, requestId, signal) => questions.ask(question, requestId, signal),
      tooLong (bytes) { on({ type: 'message', tellId: reader.tellId, kind: 'system', data: { subtype: 'line_too_long', bytes } }) }
    })
    child = await spawnChild({ ...options, ...program, launch, sessionId: ofSession, converses: true, stdout: wire.push, exit: exited })
  } catch (err) {
    unlock()
    throw err
  }
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    session = await openSession({ agent: wire.agent, start, program, preset, conversations, clock: options.clock })
    mode = await choose(wire.agent, session, start, preset)
    if (early !== undefined) throw endedEarly(early, undefined)
    live = true
  } catch (err) {
    await child.kill()
    await over
    throwIfAborted(signal)
    throw err
  } finally {
    signal.removeEventListener('abort', abort)
  }
  const { id: sessionId, said, capabilities } = session
  let { kept } = session

  /** The protocol keeps these names of `_meta` for it. */
  function traced () {
    const headers = start.trace?.() ?? {}
    return Object.keys(headers).length > 0 ? { _meta: headers } : {}
  }

  async function turn (text: string) {
    try {
      const ending = await wire.agent.request<Ending>('session/prompt', { sessionId, prompt: [{ type: 'text', text }], ...traced() })
      const judged = judge(ending, { interrupted, denied: questions.denied, onlyNotice: reader.onlyNotice })
      const usage = usageOf(ending, { before: spent, now: total })
      spent = total ?? spent
      end(ending, { ...judged, ...(usage !== undefined && { usage }), ...(total !== undefined && { costTotal: total }), ...(judged.outcome === 'completed' && { place: placeOf(kept) }) })
    } catch (err) {
      if (gone || early !== undefined) return // `exit` says it all
      const error = wantsLogin(err) ? loginNeeded(err, preset, said).message : reasonOf(err)
      end({ error: { ...detailsOf(err), message: reasonOf(err) } }, { outcome: interrupted ? 'interrupted' : 'failed', error, details: detailsOf(err) })
    }
  }

  function end (...[frame, event]: Parameters<typeof reader.ended>) {
    inTurn = false
    reader.ended(frame, event)
  }

  return {
    pid: child.pid,
    version: said.agentInfo?.version,
    capabilities,
    send (tellId, { text }) {
      if (gone) throw new AgentError('The agent has ended')
      if (inTurn) throw new Error(`The tell ${String(reader.tellId)} has not ended`)
      const next = { ...kept, sent: kept.sent + 1 }
      conversations.keep(conversation, next)
      kept = next
      inTurn = true
      interrupted = false
      questions.reset()
      reader.sent(tellId)
      void turn(text)
    },
    interrupt () {
      if (!inTurn || gone) return
      interrupted = true
      questions.cancel()
      wire.agent.notify('session/cancel', { sessionId }).catch(() => { /* It is gone. */ })
    },
    answer: questions.answer,
    stop: () => Promise.all([child.stop(), over]).then(([exit]) => exit)
  }
}
