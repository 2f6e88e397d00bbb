import { AsyncLocalStorage } from 'node:async_hooks'
import type { StoredEvent } from '../../schemas/event.ts'
import { outcomeOf } from '../audit.ts'
import type { Clock } from '../clock.ts'
import type { Call, Services, Tool } from '../tool.ts'
import { turnAttributes, usageAttributes } from './attributes.ts'
import { loadSdk, type Context, type Sdk, type Span } from './sdk.ts'
import { toolUsesOf } from './tool-uses.ts'

export interface Tracing {
  /** To be awaited before anything is to be traced. */
  load (): Promise<void>
  /** The same tools, each call of which is a span. */
  traced (tools: readonly Tool[]): Tool[]
  /** The trace that a session's work is part of now, as W3C's headers: for its agent. Empty where there is none. */
  headersOf (sessionId: string): Record<string, string>
  /** Sends what was not sent yet, as long as that takes no longer than a moment. */
  close (): Promise<void>
}

/** ms that a collector has to take the last spans. */
const LAST_SPANS = 3_000

/** A tell that is not over: its spans from its acceptance on. */
interface Open {
  readonly sessionId: string
  readonly at: number
  readonly span: Span
  turn?: Span
  /** What runs in it: tool calls by the agent's id, questions by ours. */
  readonly parts: Map<string, Span>
  silent: boolean
}

/**
 * Request → tell → turn → tool use, made of calls of tools and of the log: a tell's beginning is stored within the call that
 * makes it, all that follows is known by its id. A call of an agent is within the turn that makes it, and so what it tells.
 */
export function createTracing ({ endpoint, version, log, tells, config, clock, onError }: Pick<Services, 'version' | 'log' | 'tells' | 'config'> & {
  endpoint: string
  clock: Clock
  onError: (err: unknown) => void
}): Tracing {
  const here = new AsyncLocalStorage<Context>()
  const open = new Map<string, Open>()
  let sdk: Sdk
  let deaf = () => {}

  function begin (tellId: string, { team, sessionId, from }: { team: string, sessionId: string, from?: string }, at: number, parent: Context | undefined): Open {
    const span = sdk.start(`tell ${team}`, { parent, at, attributes: { 'iris.tell.id': tellId, 'iris.team': team, 'iris.session.id': sessionId, 'iris.tell.from': from } })
    const made: Open = { sessionId, at, span, parts: new Map(), silent: true }
    open.set(tellId, made)
    return made
  }

  /** Where the work of a session is now, oldest tell first. */
  function contextOf (sessionId: string): Context | undefined {
    for (const tell of open.values()) if (tell.sessionId === sessionId) return sdk.inside(tell.turn ?? tell.span)
    return undefined
  }

  const parentOf = (tellId: string): Context | undefined => {
    const { parentId } = tells.get(tellId)
    const parent = parentId === undefined ? undefined : open.get(parentId)
    return parent && sdk.inside(parent.turn ?? parent.span)
  }

  function part (tell: Open, id: string, name: string, at: number, attributes: Record<string, string>) {
    tell.parts.set(id, sdk.start(name, { parent: sdk.inside(tell.turn ?? tell.span), at, attributes }))
  }

  function endPart (tell: Open, id: string, at: number, error?: string) {
    const span = tell.parts.get(id)
    if (span === undefined) return
    tell.parts.delete(id)
    sdk.end(span, at, error)
  }

  function over (tellId: string, at: number, error?: string) {
    const tell = open.get(tellId)
    if (tell === undefined) return
    open.delete(tellId)
    for (const id of [...tell.parts.keys()]) endPart(tell, id, at, 'unfinished')
    if (tell.turn !== undefined) sdk.end(tell.turn.setAttributes(usageAttributes(tells.get(tellId).usage)), at, error)
    sdk.end(tell.span, at, error)
  }

  function hear ({ event, data, at }: StoredEvent) {
    const tellId = 'tellId' in data ? data.tellId : undefined
    if (tellId === undefined) return
    const tell = open.get(tellId)
    switch (event) {
      case 'tell:started':
        begin(tellId, data, at, here.getStore() ?? parentOf(tellId))
        break
      case 'cache:message': {
        const { message, team, sessionId } = data
        if (message.type === 'user') {
          const begun = tell ?? begin(tellId, data, at, undefined) // one that waited while another server was there
          begun.turn = sdk.start(`invoke_agent ${team}`, { parent: sdk.inside(begun.span), at, attributes: turnAttributes(team, sessionId, config().teams.get(team)) })
        } else if (tell !== undefined) {
          for (const { callId, name, ended, failed } of toolUsesOf(message)) {
            if (name !== undefined) part(tell, callId, `execute_tool ${name}`, at, { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name, 'gen_ai.tool.call.id': callId })
            if (ended) endPart(tell, callId, at, failed ? 'tool_error' : undefined)
          }
        }
        break
      }
      case 'tell:chunk':
        if (tell?.silent === true) tell.turn?.setAttribute('gen_ai.response.time_to_first_chunk', (at - tell.at) / 1000)
        if (tell !== undefined) tell.silent = false
        break
      case 'approval:requested':
        if (tell !== undefined) part(tell, data.approvalId, `approval ${data.tool}`, at, { 'gen_ai.tool.name': data.tool, 'iris.approval.id': data.approvalId })
        break
      case 'approval:resolved':
        tell?.parts.get(data.approvalId)?.setAttribute('iris.approval.decision', data.decision)
        if (tell !== undefined) endPart(tell, data.approvalId, at)
        break
      case 'tell:complete':
        over(tellId, at)
        break
      case 'tell:error':
        over(tellId, at, data.error.error)
        break
    }
  }

  return {
    async load () {
      sdk = await loadSdk({ endpoint, version })
      deaf = log.subscribe('all', ({ event }) => { hear(event) })
    },
    traced: tools => tools.map(tool => Object.freeze({
      ...tool,
      run (input: unknown, call: Call) {
        const { via = 'local', headers = {}, caller: { session } } = call
        // An agent's own word for where it is may be of an earlier turn.
        const parent = (session === undefined ? undefined : contextOf(session)) ?? sdk.extract(headers)
        const span = sdk.start(tool.name, { kind: 'SERVER', parent, at: clock.now(), attributes: { 'iris.tool': tool.name, 'iris.via': via } })
        const answer = here.run(sdk.inside(span), () => tool.run(input, call))
        answer.then(() => { sdk.end(span, clock.now()) }, err => { sdk.end(span, clock.now(), outcomeOf(err)) })
        return answer
      }
    })),
    headersOf (sessionId) {
      const context = sdk === undefined ? undefined : contextOf(sessionId) ?? here.getStore()
      return context === undefined ? {} : sdk.inject(context)
    },
    async close () {
      deaf()
      if (sdk === undefined) return
      await Promise.race([sdk.shutdown().catch(onError), new Promise<void>(resolve => { clock.after(LAST_SPANS, resolve) })])
    }
  }
}
