import type { ClaudeOptions } from '../../schemas/claude.ts'
import type { MessageType } from '../../schemas/message.ts'
import type { Usage } from '../../schemas/tell.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from './ledger.ts'

/** How a turn ended, in the agent's own judgement. `limit`: a budget or turn limit of the agent's was reached. */
export type Outcome = 'completed' | 'interrupted' | 'failed' | 'limit'

/** Why a turn failed, where that is for somebody outside of the conversation to mend. */
export type Trouble =
  /** The model service takes no more for now; `until`: Unix ms, where it says. */
  | { reason: 'rate_limited', until?: number }
  /** There is no login, or nothing to pay with. `fix`: what to do, a sentence. */
  | { reason: 'auth_required', fix: string }

/**
 * What an agent says. `tellId` names the tell a frame belongs to; null is work that nobody asked for
 * (a background task that ended, a sub-agent's aside).
 */
export type AgentEvent =
  /** A sign of life without content. Each of the others is one too. */
  | { type: 'activity' }
  /** A piece of the answer's current text block: a preview until `text` confirms it. */
  | { type: 'delta', tellId: string | null, text: string }
  /** A finished text block of the main answer: it replaces the deltas since the last `text` or `restart`. */
  | { type: 'text', tellId: string | null, text: string }
  /** The agent begins the current passage again: the deltas since the last `text` are void. */
  | { type: 'restart', tellId: string | null }
  /** A whole message, for the cache. `data` is the agent's frame. `parent`: the tool call whose sub-agent says it. */
  | { type: 'message', tellId: string | null, kind: MessageType, data: unknown, parent?: string }
  /** A tool call began or ended; while one runs, silence is no stall. */
  | { type: 'tool', tellId: string | null, callId: string, running: boolean }
  /** May I use this tool with this input? Waits until `answer`. `fixed`: it can be allowed or denied and not changed. */
  | { type: 'ask', tellId: string | null, requestId: string, tool: string, input: Record<string, unknown>, fixed?: boolean, data: unknown }
  /** The agent takes a question back. */
  | { type: 'unask', requestId: string }
  /** The agent waits for its model service. `auth`: waiting will not help, and `fix` what would. */
  | { type: 'retry', tellId: string | null, attempt: number, delayMs: number, reason: string, auth: boolean, fix?: string }
  /**
   * A turn ended. Exactly one for each message sent, unless the process exits first. `costTotal`: the agent's running
   * total afterwards (US dollars), the `costSoFar` of its next start. `place`: its name of where the conversation stands
   * now, after a completed turn. `structured`: the answer in the form that `Start.schema` asks for.
   */
  | { type: 'ended', tellId: string | null, outcome: Outcome, error?: string, details?: Record<string, unknown>, usage?: Usage, costTotal?: number, place?: string, structured?: unknown, trouble?: Trouble }
  /** The process is gone; nothing follows. */
  | { type: 'exit', exit: Exit }

/** How a process ended. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  /** The end of what it wrote to stderr, at most 4 KiB, or why it could not be started. */
  stderr: string
  /** Whether `stop` was called before. */
  expected: boolean
  /** How the way to it broke, where it ran elsewhere: how it ended, or whether, nobody knows. */
  disconnected?: string
}

export type Decision =
  | { behavior: 'allow', input: Record<string, unknown> }
  | { behavior: 'deny', message: string }

/** What an agent offers beyond a turn after a turn. What is not offered is refused, never passed over. */
export interface Capabilities {
  /** A conversation outlives its process. */
  readonly resume: boolean
  /** A conversation can begin with the history of another. */
  readonly fork: boolean
  /** A message can carry images. */
  readonly images?: boolean
  /** A message can carry documents: text, PDF. */
  readonly documents?: boolean
  /** An answer can be held to a JSON Schema: `Start.schema`. */
  readonly schema?: boolean
}

/** A file that goes with a message. */
export interface Attachment {
  name: string
  mediaType: string
  data: Buffer
}

/** What is sent in one turn. */
export interface Outgoing {
  text: string
  attachments?: readonly Attachment[]
  /** The agent may have seen it before, in a turn that failed before it began. */
  again?: boolean
}

/** One living agent. It takes one message at a time: the next `send` comes after `ended`. */
export interface AgentProcess {
  /** Undefined for one that has a process only while it answers. */
  readonly pid: number | undefined
  readonly version: string | undefined
  readonly capabilities: Capabilities
  /** Send one turn. `tellId` comes back on everything it causes. */
  send (tellId: string, message: Outgoing): void
  /** Stop the running turn, keep the process. `ended` follows with the outcome `interrupted`. */
  interrupt (): void
  /** Answer an `ask`. */
  answer (requestId: string, decision: Decision): void
  /** End the process: close stdin, then SIGTERM, then SIGKILL to its group, then whatever it left behind. Resolves when all are gone. */
  stop (): Promise<Exit>
}

/** What is run, and where. */
export interface Program {
  command: string
  args: readonly string[]
  /** Absolute path. */
  cwd: string
  /** The whole environment. */
  env: Readonly<Record<string, string>>
}

/** A program that is run here for one that is to run elsewhere. */
export interface Launched extends Program {
  /** What its stdin is given before all else. */
  lead: string
  /** How much longer than one that runs here it may take to end, ms. */
  grace: number
  /** Takes from its stdout what is not of the program elsewhere. */
  hear (chunk: Buffer): Buffer | undefined
  /** Its end, as that of the program elsewhere; resolves when nothing is left there that can be ended from here. */
  end (exit: Exit): Promise<Exit>
}

/** Says how a program is run elsewhere than here, by a program that is run here. Rejects with AgentError where that place is not to be had. */
export type Launch = (program: Program) => Promise<Launched>

/** Where an agent sends its own calls back into Iris, and the key that says whose they are. It is nobody's once the process has ended. */
export interface Access {
  /** E.g. http://127.0.0.1:1615; REST below /api, MCP at /mcp. */
  url: string
  key: string
}

/** Iris's tools as an MCP server at the other end of the agent's own pipe: whose calls they are needs no key. */
export interface Toolbox {
  /** The tools that the agent need not ask about: Iris judges these calls by itself. The others are a question for the team's policy first. */
  readonly names: readonly string[]
  /** JSON-RPC messages, both ways; `send` must not throw. `patience`: how long the agent bears a silent call, ms, where that is known. */
  open (send: (message: object) => void, patience?: number): ToolPipe
}

export interface ToolPipe {
  /** Whatever it holds, this does not throw. */
  receive (message: unknown): void
  /** Ends the waits of the calls that run. The work goes on. */
  close (): void
}

/** What a start needs to know. */
export interface Start {
  team: string
  /** Absolute path of the team's directory: the working directory. */
  cwd: string
  sessionId: string
  /** The agent's own id of the conversation, a UUID. */
  conversation: string
  /** Whether the agent already has that conversation. */
  resume: boolean
  /** The conversation to begin this one with, where it is not there yet. It is read, never written: its own process may run. */
  fork?: string
  /** A `place` in that conversation: what comes after it is not shared. */
  forkPlace?: string
  /** The whole environment of the child, before what the kind of agent adds. */
  env: Readonly<Record<string, string>>
  /** The program, where it is not the kind's own. */
  command?: string | undefined
  args?: readonly string[] | undefined
  model?: string | undefined
  /** By its id, the mode that it is to work in. */
  mode?: string | undefined
  /** What the team says in fields that only some kinds know. */
  options?: Readonly<ClaudeOptions>
  /** The form of its answers, a JSON Schema: for all turns of this process. */
  schema?: Readonly<Record<string, unknown>>
  /** Where it runs, when that is not simply here. */
  launch?: Launch
  /** For the agent's own calls back into Iris; `env` says the same as IRIS_URL and IRIS_KEY. Absent for kinds with a `pipe`, and where the team may not call. */
  access?: Access
  /** The same, for kinds with a `pipe`. */
  tools?: Toolbox
  /** The trace that its work is part of, as W3C's headers: asked at each turn; `env` has what it was at the start. Empty where nothing is traced. */
  trace? (): Readonly<Record<string, string>>
  /** The agent's running total of cost (US dollars) when this conversation was last seen, for differences. */
  costSoFar: number
  /** Everything the agent says, in order, from before `start` resolves until `exit`. Must not throw. */
  on (event: AgentEvent): void
  /** Gives up the start: the child is killed. */
  signal: AbortSignal
}

/**
 * What an agent's own record says of one turn. `partial`: it began, and has no good end; `text` is the answer as far as
 * it is there. `none`: nothing is known of it.
 */
export type TurnRecord =
  | { state: 'complete', text: string, usage?: Usage, costTotal?: number, place?: string }
  | { state: 'partial', text: string }
  | { state: 'none' }

/** One kind of agent. */
export interface Agent {
  /** Resolves once the agent said that it is ready. Rejects with AgentError: exit code, signal and stderr's tail in `details`, and `details.conversation`: 'unknown' (the one to resume, or to fork) or 'exists' where `resume` was wrong, 'open' where another process has it. */
  start (start: Start): Promise<AgentProcess>
  /** For a turn whose end nobody heard, while no process has its conversation. Absent: it keeps no record that can be read. */
  record? (turn: Pick<Start, 'cwd' | 'conversation' | 'costSoFar' | 'env'> & { tellId: string }): Promise<TurnRecord>
}

/** What kinds of agents are made with. */
export interface AgentOptions {
  clock: Clock
  /** Id of the data directory: orphans of its earlier server are found by it. */
  owner: string
  /** Id of this run of the server: what outlives it is found by it. */
  run?: string | undefined
  /** Where children are on record while they live. */
  ledger?: Ledger | undefined
  /** A directory of the kind's own, for what it keeps between starts; made when it is first needed. */
  home?: string
}

/** What a team of a kind says that its kind may have a word on. */
export interface Choices { command?: string, mode?: string, permissions: unknown }

/** One kind of agent as config.yaml names it. */
export interface Kind {
  /** The program that it runs where the team's `command` says nothing. Absent: it comes with Iris. */
  readonly program?: string
  /** Whether its program need not know `--version`. */
  readonly unversioned?: boolean
  /** How to come by that program, a sentence for who lacks it. */
  readonly install?: string
  /** Whether its program calls Iris's tools over its own pipe (`Start.tools`). Others get a key (`Start.access`). */
  readonly pipe?: true
  /** What of the server's own environment its program may have, beside what any program may. */
  environment (base: Readonly<Record<string, string | undefined>>): readonly RegExp[]
  /** Those of a team's fields that not every kind knows, and this one does. */
  readonly fields?: readonly string[]
  /** What is wrong with a team of this kind that its schema cannot say: a field, and a sentence that goes on after its name. */
  check? (team: Choices): { field: string, text: string } | undefined
  /** Whether its program is logged in, without a call to a model: a short sentence. Never rejects. */
  login? (program: Pick<Program, 'command' | 'cwd' | 'env'>): Promise<{ ok: boolean, detail: string }>
  create (options: AgentOptions): Agent
}
