import type { ClientContext } from '@agentclientprotocol/sdk'
import type { Clock } from '../../clock.ts'
import { AgentError, IrisError } from '../../errors.ts'
import type { Capabilities, Program, Start } from '../agent.ts'
import type { Conversations, Kept } from './conversations.ts'
import { detailsOf, loginNeeded, notOpened, reasonOf, wantsLogin } from './failure.ts'
import type { Initialized, Opened } from './frame.ts'
import type { Preset } from './preset.ts'

/** The version of the protocol that is spoken here. */
const PROTOCOL = 1

export interface Session {
  readonly id: string
  readonly opened: Opened
  readonly said: Initialized
  readonly capabilities: Capabilities
  /** What is kept of it. */
  readonly kept: Kept
}

/** What a session is opened with. `conversations`: which session of the agent is which conversation. */
export interface Opening {
  agent: ClientContext
  start: Start
  program: Program
  preset: Preset
  conversations: Conversations
  clock: Clock
}

const MINUTE = 60_000

/** Introduces Iris and opens the session that a start is about: a new one, its own of before, or a fork. Rejects with AgentError. */
export async function openSession (opening: Opening): Promise<Session> {
  const { agent, start, preset, conversations, clock } = opening
  const said = await introduce(agent)
  const kept = conversations.get(start.conversation)
  const { sessionCapabilities: offers = {}, loadSession = false } = said.agentCapabilities ?? {}
  const capabilities = { resume: loadSession || Boolean(offers.resume), fork: Boolean(offers.fork) }
  const open = whatToOpen(start, kept, conversations, capabilities)
  if (open.how === 'load' && preset.byMinute) mustBeOlder(kept!, clock.now())
  const params = {
    cwd: start.cwd,
    mcpServers: serversFor(start, said),
    ...(open.from !== undefined && { sessionId: open.from }),
    ...(preset.meta !== undefined && { _meta: preset.meta })
  }
  const method = open.how === 'load' && offers.resume ? 'session/resume' : `session/${open.how}`
  const request = () => agent.request<Opened>(method, params)

  let opened: Opened
  try {
    opened = await request().catch(async (err: unknown) => {
      if (!wantsLogin(err)) throw err
      await logIn(opening, said, err)
      return await request()
    }) ?? {}
  } catch (err) {
    if (err instanceof IrisError) throw err
    if (wantsLogin(err)) throw loginNeeded(err, preset, said)
    if (open.how !== 'new') throw notOpened(err, open.how === 'fork' ? 'fork the conversation' : 'go on with the conversation')
    throw new AgentError(`The agent could not begin a conversation: ${reasonOf(err)}`, { details: detailsOf(err), cause: err })
  }
  const id = open.how === 'load' ? open.from : opened.sessionId
  if (typeof id !== 'string') throw new AgentError('The agent opened a session and did not say which')
  const keep = start.resume ? kept! : { sessionId: id, sent: 0, at: clock.now() }
  if (!start.resume) conversations.keep(start.conversation, keep)
  return { id, opened, said, capabilities, kept: keep }
}

function mustBeOlder ({ at }: Kept, now: number) {
  const left = Math.floor(at / MINUTE) * MINUTE + MINUTE - now
  if (left > 0 && left <= MINUTE) throw new AgentError(`This agent cannot go on with a conversation in the minute in which it began. Try again in ${Math.ceil(left / 1000)} s`)
}

async function introduce (agent: ClientContext): Promise<Initialized> {
  const clientCapabilities = { fs: { readTextFile: false, writeTextFile: false }, terminal: false }
  const said = await agent.request<Initialized>('initialize', { protocolVersion: PROTOCOL, clientCapabilities }).catch((err: unknown) => {
    throw err instanceof IrisError ? err : new AgentError(`The agent refused to begin: ${reasonOf(err)}`, { details: detailsOf(err), cause: err })
  })
  if (said?.protocolVersion !== PROTOCOL) throw new AgentError(`The agent speaks version ${String(said?.protocolVersion)} of the Agent Client Protocol, Iris speaks ${PROTOCOL}`)
  return said
}

/** What is not possible is refused: a fresh session in the place of an old one would forget in silence. */
function whatToOpen ({ resume, fork, forkPlace }: Start, kept: Kept | undefined, conversations: Conversations, can: Capabilities): { how: 'new' | 'load' | 'fork', from?: string } {
  if (resume) {
    if (kept === undefined) throw unknown('Nothing is kept here of the conversation to go on with')
    if (!can.resume) throw new AgentError('This agent cannot go on with a conversation after its process has ended. session_reset begins another')
    return { how: 'load', from: kept.sessionId }
  }
  if (kept !== undefined && kept.sent > 0) throw new AgentError('The agent has this conversation already', { details: { conversation: 'exists' } })
  if (fork === undefined) return { how: 'new' }
  const source = conversations.get(fork)
  if (source === undefined) throw unknown('Nothing is kept here of the conversation to fork')
  if (!can.fork) throw new AgentError('This agent cannot fork a conversation. session_reset begins one without its history')
  if (forkPlace !== undefined && forkPlace !== placeOf(source)) throw new AgentError('The conversation has gone on since it was forked, and this agent can only fork it where it stands now. Fork it again')
  return { how: 'fork', from: source.sessionId }
}

const unknown = (message: string) => new AgentError(message, { details: { conversation: 'unknown' } })

/** The name of where a conversation stands. */
export const placeOf = ({ sent }: Pick<Kept, 'sent'>) => String(sent)

/** Iris for the agent, where the agent can call it. */
function serversFor ({ access }: Start, { agentCapabilities }: Initialized) {
  if (access === undefined || agentCapabilities?.mcpCapabilities?.http !== true) return []
  return [{ type: 'http', name: 'iris', url: `${access.url}/mcp`, headers: [{ name: 'Authorization', value: `Bearer ${access.key}` }] }]
}

async function logIn ({ agent, program, preset }: Opening, said: Initialized, cause: unknown) {
  const methodId = preset.authenticate?.(program.env)
  if (methodId === undefined || said.authMethods?.some(({ id }) => id === methodId) !== true) throw loginNeeded(cause, preset, said)
  await agent.request('authenticate', { methodId }).catch((err: unknown) => { throw err instanceof IrisError ? err : loginNeeded(err, preset, said) })
}
