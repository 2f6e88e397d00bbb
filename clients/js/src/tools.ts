// Made from openapi.json by `npm run sdks`. Do not edit.

/** How a tool is asked for over HTTP. */
export interface Route { readonly method: string, readonly path: string, readonly keyed: boolean, readonly query: readonly string[] }

export interface CallOptions {
  /** Ends the call and its retries; what the server has begun goes on. */
  signal?: AbortSignal
  /** In the place of one made for this call: the same key and input is done once, whoever asks again. */
  idempotencyKey?: string
}

/** Tell a team something: what it takes. */
export interface TeamTellInput {
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  toTeam: string
  /** What to say to the team */
  message: string
  /** Images and documents for the agent to look at */
  attachments?: Array<{
    /** Its file name, without folders */
    name: string
    /** image/png, image/jpeg, image/gif, image/webp, application/pdf, or a kind of text (UTF-8): text/*, application/json … */
    mediaType: string
    /** Its bytes in base64 */
    data: string
  }>
  /** A JSON Schema of an object: the answer comes in this form too, as `structured`. An agent that takes a form at its start only is started again, with its conversation; what it did in the background ends */
  schema?: Record<string, unknown>
  /** Who speaks; each pair has a conversation of its own. Default: the caller's own name */
  fromTeam?: string
  /** How long to wait for the answer, ms. 0 waits for ever, -1 not at all. Default: settings.tellTimeout */
  timeout?: number
  /** A UUID of the caller's choice. The same id and input is the same tell, however often it is sent */
  tellId?: string
}

/** Tell a team something: what it gives. */
export interface TeamTellOutput {
  /** Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time */
  tellId: string
  /** Session id, a UUID in lower case */
  sessionId: string
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  from: string
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  to: string
  message: string
  /** The answer, once there is one */
  response?: string
  /** The answer in the form of the `schema` that the tell came with */
  structured?: unknown
  state: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'expired' | 'lost'
  /** From acceptance until now, ms */
  duration: number
  /** true: not answered yet. Ask tell_get with the tellId */
  async: boolean
  usage?: {
    inputTokens: number
    outputTokens: number
    cacheReadTokens: number
    cacheWriteTokens: number
    /** US dollars, where the agent says */
    costUsd?: number
    /** Model calls made */
    turns?: number
  }
  /** How to go on where the answer is not there yet */
  next?: string
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Wake a team: what it takes. */
export interface TeamWakeInput {
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  teamName: string
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  fromTeam?: string
}

/** Wake a team: what it gives. */
export interface TeamWakeOutput {
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  team: string
  status: 'awake'
  /** Session id, a UUID in lower case */
  sessionId: string
  /** Process id of the agent, where it has a process between turns */
  pid?: number
  /** ms */
  duration: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Wake all teams: what it takes. */
export interface TeamWakeAllInput {
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  fromTeam?: string
  /** All at once, or one after the other */
  parallel?: boolean
}

/** Wake all teams: what it gives. */
export interface TeamWakeAllOutput {
  results: Array<{
    /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
    team: string
    status: 'awake' | 'failed'
    sessionId?: string
    pid?: number
    /** ms */
    duration?: number
    error?: {
      /** The name of the error, e.g. TeamNotFoundError */
      error: string
      /** What is wrong and what to do about it */
      message: string
      statusCode: number
      /** Unix ms */
      timestamp: number
      /** What a program may want to know, e.g. tellId, retryAfter (s), exitCode */
      details?: Record<string, unknown>
    }
  }>
  totalTeams: number
  awakeTeams: number
  failedTeams: number
  /** ms */
  duration: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Put a team to sleep: what it takes. */
export interface TeamSleepInput {
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  teamName: string
  /** Only the session of this speaker */
  fromTeam?: string
  /** Also where it is busy: its running and waiting tells are cancelled */
  force?: boolean
}

/** Put a team to sleep: what it gives. */
export interface TeamSleepOutput {
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  team: string
  status: 'asleep'
  /** ms */
  duration: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Status of a team: what it takes. */
export interface TeamStatusInput {
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  teamName: string
  /** Only the session of this speaker */
  fromTeam?: string
}

/** Status of a team: what it gives. */
export interface TeamStatusOutput {
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  team: string
  /** Whether at least one agent of this team is awake */
  awake: boolean
  /** Whether its directory is there, and the program of its agent */
  available: boolean
  state: 'asleep' | 'waking' | 'idle' | 'busy' | 'waiting'
  /** When it entered this state, Unix ms */
  since: number
  reason: string
  /** Where its agents run, when that is another host or a container */
  place?: {
    /** The host, or the container's image or name */
    where: string
    /** By the latest attempt to get there. offline: not reached, it is tried again; error: somebody has to put it right */
    state: 'online' | 'offline' | 'error'
    /** Unix ms */
    since: number
    reason: string
  }
  /** Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves */
  limitedUntil?: number
  sessions: Array<{
    /** Session id, a UUID in lower case */
    sessionId: string
    /** Who speaks */
    from: string
    state: 'asleep' | 'waking' | 'idle' | 'busy' | 'waiting'
    /** When it entered this state, Unix ms */
    since: number
    reason: string
    /** Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves */
    limitedUntil?: number
    pid?: number
  }>
  /** When it was answered, Unix ms */
  timestamp: number
}

/** List the teams: what it takes. */
export interface TeamListInput {
  /** Also each living agent process */
  includeProcessDetails?: boolean
}

/** List the teams: what it gives. */
export interface TeamListOutput {
  teams: Array<{
    /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
    name: string
    status: 'awake' | 'asleep'
    state: 'asleep' | 'waking' | 'idle' | 'busy' | 'waiting'
    config: {
      path: string
      description: string
      /** Which kind of agent works in the team's directory, e.g. claude */
      agent: string
      permissions: string
    }
    /** Why it cannot work now */
    unavailable?: string
    /** Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves */
    limitedUntil?: number
    process?: {
      count: number
      /** Cached messages of its awake sessions */
      messageCount: number
      sessions: Array<{
        /** Session id, a UUID in lower case */
        sessionId: string
        /** Who speaks */
        from: string
        state: 'asleep' | 'waking' | 'idle' | 'busy' | 'waiting'
        /** When it entered this state, Unix ms */
        since: number
        reason: string
        /** Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves */
        limitedUntil?: number
        pid?: number
      }>
    }
  }>
  totalTeams: number
  awakeTeams: number
  asleepTeams: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Status of Iris: what it takes. */
export interface SystemStatusInput {}

/** Status of Iris: what it gives. */
export interface SystemStatusOutput {
  sessions: {
    total: number
    /** With a living agent */
    active: number
  }
  processes: {
    total: number
    maxProcesses: number
  }
  tells: {
    running: number
    queued: number
  }
  /** ms */
  uptime: number
  version: string
  /** When it was answered, Unix ms */
  timestamp: number
}

/** List the sessions: what it takes. */
export interface SessionListInput {
  /** Only those this team answers in */
  team?: string
  /** Only those of this speaker */
  from?: string
  /** The `next` of the page before */
  cursor?: number
  limit?: number
}

/** List the sessions: what it gives. */
export interface SessionListOutput {
  sessions: Array<{
    /** Session id, a UUID in lower case */
    sessionId: string
    /** Who speaks */
    from: string
    /** The team that answers */
    to: string
    state: 'asleep' | 'waking' | 'idle' | 'busy' | 'waiting'
    /** When it entered this state, Unix ms */
    since: number
    reason: string
    /** Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves */
    limitedUntil?: number
    /** false once it was reset: its cache is kept, new tells go to its successor */
    current: boolean
    /** Tells waiting for their turn */
    queued: number
    pid?: number
    /** The version the agent last said it is */
    agentVersion?: string
    /** The session whose history it began with */
    forkedFrom?: string
    worktree?: {
      /** Absolute */
      path: string
      branch: string
    }
    /** Unix ms */
    createdAt: number
    /** Unix ms */
    lastUsedAt: number
  }>
  /** Cursor of the next page; absent on the last one */
  next?: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Fork a conversation: what it takes. */
export interface SessionForkInput {
  /** Session id, a UUID in lower case */
  sessionId: string
  /** Who speaks in the new one: a name that has no conversation with this team. Without it, the old name with `-fork-1`, or the next number that is free */
  as?: string
}

/** Fork a conversation: what it gives. */
export interface SessionForkOutput {
  session: {
    /** Session id, a UUID in lower case */
    sessionId: string
    /** Who speaks */
    from: string
    /** The team that answers */
    to: string
    state: 'asleep' | 'waking' | 'idle' | 'busy' | 'waiting'
    /** When it entered this state, Unix ms */
    since: number
    reason: string
    /** Until when the team's model service takes no more, Unix ms: its tells wait, and go on by themselves */
    limitedUntil?: number
    /** false once it was reset: its cache is kept, new tells go to its successor */
    current: boolean
    /** Tells waiting for their turn */
    queued: number
    pid?: number
    /** The version the agent last said it is */
    agentVersion?: string
    /** The session whose history it began with */
    forkedFrom?: string
    worktree?: {
      /** Absolute */
      path: string
      branch: string
    }
    /** Unix ms */
    createdAt: number
    /** Unix ms */
    lastUsedAt: number
  }
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Start a conversation anew: what it takes. */
export interface SessionResetInput {
  /** Session id, a UUID in lower case */
  sessionId: string
}

/** Start a conversation anew: what it gives. */
export interface SessionResetOutput {
  /** Session id, a UUID in lower case */
  sessionId: string
  /** Session id, a UUID in lower case */
  previousSessionId: string
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Delete a session: what it takes. */
export interface SessionDeleteInput {
  /** Session id, a UUID in lower case */
  sessionId: string
}

/** Delete a session: what it gives. */
export interface SessionDeleteOutput {
  /** Session id, a UUID in lower case */
  sessionId: string
  deleted: boolean
  /** What the session left behind: it holds changes that are nowhere else */
  worktree?: {
    /** Absolute */
    path: string
    branch: string
  }
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Read what was said: what it takes. */
export interface CacheReadInput {
  /** Session id, a UUID in lower case */
  sessionId: string
  /** false: only the stats */
  includeMessages?: boolean
  /** Only entries with a greater seq */
  after?: number
  limit?: number
}

/** Read what was said: what it gives. */
export interface CacheReadOutput {
  /** Session id, a UUID in lower case */
  sessionId: string
  entries: Array<{
    /** Its place on the number line of all events: the cursor */
    seq: number
    /** The tell it belongs to; absent for what the agent did unasked */
    tellId?: string
    /** Unix ms */
    timestamp: number
    type: 'user' | 'assistant' | 'tool' | 'permission' | 'system' | 'result'
    data: unknown
    /** The tool call whose sub-agent says it: a `tool_use` of an earlier message. Absent for the agent itself */
    parent?: string
  }>
  /** Of the whole cache of this session */
  stats: {
    entries: number
    /** Unix ms */
    firstAt?: number
    /** Unix ms */
    lastAt?: number
  }
  /** The `after` of the next page; absent on the last one */
  next?: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Clear what was said: what it takes. */
export interface CacheClearInput {
  /** Session id, a UUID in lower case */
  sessionId: string
}

/** Clear what was said: what it gives. */
export interface CacheClearOutput {
  /** Session id, a UUID in lower case */
  sessionId: string
  /** Entries deleted */
  cleared: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Look a tell up: what it takes. */
export interface TellGetInput {
  /** Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time */
  tellId: string
  /** How long to wait for its end, ms */
  wait?: number
}

/** Look a tell up: what it gives. */
export interface TellGetOutput {
  /** Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time */
  tellId: string
  /** Session id, a UUID in lower case */
  sessionId: string
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  from: string
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  to: string
  state: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'expired' | 'lost'
  message: string
  /** The answer; while the tell runs, the answer so far */
  response: string
  /** The answer in the form of the `schema` that the tell came with */
  structured?: unknown
  attachments?: Array<{
    /** Its file name, without folders */
    name: string
    /** image/png, image/jpeg, image/gif, image/webp, application/pdf, or a kind of text (UTF-8): text/*, application/json … */
    mediaType: string
    bytes: number
    /** Of its bytes, hex */
    sha256: string
  }>
  error?: {
    /** The name of the error, e.g. TeamNotFoundError */
    error: string
    /** What is wrong and what to do about it */
    message: string
    statusCode: number
    /** Unix ms */
    timestamp: number
    /** What a program may want to know, e.g. tellId, retryAfter (s), exitCode */
    details?: Record<string, unknown>
  }
  usage?: {
    inputTokens: number
    outputTokens: number
    cacheReadTokens: number
    cacheWriteTokens: number
    /** US dollars, where the agent says */
    costUsd?: number
    /** Model calls made */
    turns?: number
  }
  /** The tell in whose turn the speaker sent this one, where that is known */
  parentId?: string
  /** How many tells are above it */
  depth: number
  /** Unix ms */
  createdAt: number
  /** Unix ms */
  startedAt?: number
  /** Unix ms */
  endedAt?: number
  /** From acceptance to the end, ms */
  duration?: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** List the tells: what it takes. */
export interface TellListInput {
  /** Only those told to this team */
  team?: string
  /** Session id, a UUID in lower case */
  session?: string
  state?: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'expired' | 'lost'
  /** The `next` of the page before */
  cursor?: number
  limit?: number
}

/** List the tells: what it gives. */
export interface TellListOutput {
  tells: Array<{
    /** Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time */
    tellId: string
    /** Session id, a UUID in lower case */
    sessionId: string
    /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
    from: string
    /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
    to: string
    state: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'expired' | 'lost'
    message: string
    /** The answer; while the tell runs, the answer so far */
    response: string
    /** The answer in the form of the `schema` that the tell came with */
    structured?: unknown
    attachments?: Array<{
      /** Its file name, without folders */
      name: string
      /** image/png, image/jpeg, image/gif, image/webp, application/pdf, or a kind of text (UTF-8): text/*, application/json … */
      mediaType: string
      bytes: number
      /** Of its bytes, hex */
      sha256: string
    }>
    error?: {
      /** The name of the error, e.g. TeamNotFoundError */
      error: string
      /** What is wrong and what to do about it */
      message: string
      statusCode: number
      /** Unix ms */
      timestamp: number
      /** What a program may want to know, e.g. tellId, retryAfter (s), exitCode */
      details?: Record<string, unknown>
    }
    usage?: {
      inputTokens: number
      outputTokens: number
      cacheReadTokens: number
      cacheWriteTokens: number
      /** US dollars, where the agent says */
      costUsd?: number
      /** Model calls made */
      turns?: number
    }
    /** The tell in whose turn the speaker sent this one, where that is known */
    parentId?: string
    /** How many tells are above it */
    depth: number
    /** Unix ms */
    createdAt: number
    /** Unix ms */
    startedAt?: number
    /** Unix ms */
    endedAt?: number
    /** From acceptance to the end, ms */
    duration?: number
  }>
  /** Cursor of the next page; absent on the last one */
  next?: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Cancel a tell: what it takes. */
export interface TellCancelInput {
  /** Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time */
  tellId: string
}

/** Cancel a tell: what it gives. */
export interface TellCancelOutput {
  /** Tell id, a UUID in lower case; ids made by Iris are version 7, so they sort by time */
  tellId: string
  /** Session id, a UUID in lower case */
  sessionId: string
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  from: string
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  to: string
  state: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'expired' | 'lost'
  message: string
  /** The answer; while the tell runs, the answer so far */
  response: string
  /** The answer in the form of the `schema` that the tell came with */
  structured?: unknown
  attachments?: Array<{
    /** Its file name, without folders */
    name: string
    /** image/png, image/jpeg, image/gif, image/webp, application/pdf, or a kind of text (UTF-8): text/*, application/json … */
    mediaType: string
    bytes: number
    /** Of its bytes, hex */
    sha256: string
  }>
  error?: {
    /** The name of the error, e.g. TeamNotFoundError */
    error: string
    /** What is wrong and what to do about it */
    message: string
    statusCode: number
    /** Unix ms */
    timestamp: number
    /** What a program may want to know, e.g. tellId, retryAfter (s), exitCode */
    details?: Record<string, unknown>
  }
  usage?: {
    inputTokens: number
    outputTokens: number
    cacheReadTokens: number
    cacheWriteTokens: number
    /** US dollars, where the agent says */
    costUsd?: number
    /** Model calls made */
    turns?: number
  }
  /** The tell in whose turn the speaker sent this one, where that is known */
  parentId?: string
  /** How many tells are above it */
  depth: number
  /** Unix ms */
  createdAt: number
  /** Unix ms */
  startedAt?: number
  /** Unix ms */
  endedAt?: number
  /** From acceptance to the end, ms */
  duration?: number
  /** false: it had ended before */
  cancelled: boolean
  /** When it was answered, Unix ms */
  timestamp: number
}

/** List what happened: what it takes. */
export interface EventListInput {
  /** The seq of the last event that is known; 0: from the beginning */
  after?: number
  /** Absent: all that the key may hear */
  rooms?: Array<string>
  /** How long to wait for the first event, ms */
  wait?: number
  limit?: number
}

/** List what happened: what it gives. */
export interface EventListOutput {
  events: Array<{
    seq: number
    /** Unix ms */
    at: number
    event: string
    data: Record<string, unknown>
  }>
  /** The number of the newest event of all */
  head: number
  resume: {
    /** gap: events after `after` are not kept any more, all or those of a session, or the log is another; the list begins at `from` */
    verdict: 'ok' | 'gap'
    from: number
    /** The next `after` */
    next: number
  }
  /** When it was answered, Unix ms */
  timestamp: number
}

/** List the approvals: what it takes. */
export interface ApprovalListInput {
  state?: 'pending' | 'allowed' | 'denied' | 'expired'
  /** Only those of this team's agents */
  team?: string
  /** The `next` of the page before */
  cursor?: number
  limit?: number
}

/** List the approvals: what it gives. */
export interface ApprovalListOutput {
  approvals: Array<{
    /** Approval id, a UUID in lower case */
    approvalId: string
    /** Session id, a UUID in lower case */
    sessionId: string
    /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
    team: string
    /** The tell it belongs to; absent for what the agent does unasked */
    tellId?: string
    tool: string
    /** What the tool is to be given */
    input: Record<string, unknown>
    /** What the agent says it is for */
    description?: string
    state: 'pending' | 'allowed' | 'denied' | 'expired'
    /** allow_session: this tool is not asked about again in this session, as long as the server runs */
    decision?: 'allow' | 'allow_session' | 'deny'
    /** `key:<name>`, `policy`, `deadline`, or `end` where the agent or the turn that asked is gone */
    by?: string
    reason?: string
    /** What of the policy decided, or had people asked */
    rule?: string
    /** What the tool was given in the place of `input` */
    updatedInput?: Record<string, unknown>
    /** Unix ms */
    createdAt: number
    /** Then it is denied, Unix ms; absent where it waits for ever, or never waited */
    expiresAt?: number
    /** Unix ms */
    decidedAt?: number
  }>
  /** Cursor of the next page; absent on the last one */
  next?: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Answer a permission question: what it takes. */
export interface ApprovalAnswerInput {
  /** Approval id, a UUID in lower case */
  approvalId: string
  /** allow_session: this tool is not asked about again in this session, as long as the server runs */
  decision: 'allow' | 'allow_session' | 'deny'
  /** Kept; where it is denied, the agent is told */
  reason?: string
  /** In the place of what the agent wants to give the tool, whole; with allow or allow_session */
  input?: Record<string, unknown>
}

/** Answer a permission question: what it gives. */
export interface ApprovalAnswerOutput {
  /** Approval id, a UUID in lower case */
  approvalId: string
  /** Session id, a UUID in lower case */
  sessionId: string
  /** Team name as in config.yaml: lower-case letters, digits, `_`, `.` and `-`, at most 64 */
  team: string
  /** The tell it belongs to; absent for what the agent does unasked */
  tellId?: string
  tool: string
  /** What the tool is to be given */
  input: Record<string, unknown>
  /** What the agent says it is for */
  description?: string
  state: 'pending' | 'allowed' | 'denied' | 'expired'
  /** allow_session: this tool is not asked about again in this session, as long as the server runs */
  decision?: 'allow' | 'allow_session' | 'deny'
  /** `key:<name>`, `policy`, `deadline`, or `end` where the agent or the turn that asked is gone */
  by?: string
  reason?: string
  /** What of the policy decided, or had people asked */
  rule?: string
  /** What the tool was given in the place of `input` */
  updatedInput?: Record<string, unknown>
  /** Unix ms */
  createdAt: number
  /** Then it is denied, Unix ms; absent where it waits for ever, or never waited */
  expiresAt?: number
  /** Unix ms */
  decidedAt?: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Make a webhook: what it takes. */
export interface WebhookCreateInput {
  /** An http or https address. Addresses inside the own network are refused unless `webhooks.allow` of config.yaml lists them */
  url: string
  /** plain: the event as on the WebSocket, `{event, data, seq}`. slack, discord: a sentence about it, for an incoming webhook of theirs */
  format?: 'plain' | 'slack' | 'discord'
  /** The team whose events are sent; `*`: all, which only a key that reaches all teams may ask for */
  team: string
  /** Only these; absent: all */
  events?: Array<'cache:message' | 'process:spawned' | 'process:terminated' | 'process:error' | 'tell:started' | 'tell:complete' | 'tell:error' | 'approval:requested' | 'approval:resolved'>
  /** Only this session's */
  session?: string
}

/** Make a webhook: what it gives. */
export interface WebhookCreateOutput {
  /** Webhook id, a UUID in lower case */
  webhookId: string
  /** An http or https address. Addresses inside the own network are refused unless `webhooks.allow` of config.yaml lists them */
  url: string
  /** plain: the event as on the WebSocket, `{event, data, seq}`. slack, discord: a sentence about it, for an incoming webhook of theirs */
  format: 'plain' | 'slack' | 'discord'
  /** The team whose events are sent; `*`: all, which only a key that reaches all teams may ask for */
  team: string
  /** Only these; absent: all */
  events?: Array<'cache:message' | 'process:spawned' | 'process:terminated' | 'process:error' | 'tell:started' | 'tell:complete' | 'tell:error' | 'approval:requested' | 'approval:resolved'>
  /** Only this session's */
  session?: string
  /** stopped: the key that made it is not in force, is no admin any more, or does not reach the team. It goes on where it was once that is over */
  state: 'active' | 'stopped'
  /** The name of the key that made it */
  createdBy: string
  /** Unix ms */
  createdAt: number
  /** The seq up to which the log has been looked through for it */
  cursor: number
  /** Deliveries that wait, or are tried again */
  pending: number
  /** Deliveries that were given up; webhook_replay sends them again */
  dead: number
  /** Until then deliveries are signed with the secret before, too. Unix ms */
  previousUntil?: number
  /** What its deliveries are signed with (Standard Webhooks). Shown this once */
  secret: string
  /** When it was answered, Unix ms */
  timestamp: number
}

/** List the webhooks: what it takes. */
export interface WebhookListInput {
  /** The `next` of the page before */
  cursor?: number
  limit?: number
}

/** List the webhooks: what it gives. */
export interface WebhookListOutput {
  webhooks: Array<{
    /** Webhook id, a UUID in lower case */
    webhookId: string
    /** An http or https address. Addresses inside the own network are refused unless `webhooks.allow` of config.yaml lists them */
    url: string
    /** plain: the event as on the WebSocket, `{event, data, seq}`. slack, discord: a sentence about it, for an incoming webhook of theirs */
    format: 'plain' | 'slack' | 'discord'
    /** The team whose events are sent; `*`: all, which only a key that reaches all teams may ask for */
    team: string
    /** Only these; absent: all */
    events?: Array<'cache:message' | 'process:spawned' | 'process:terminated' | 'process:error' | 'tell:started' | 'tell:complete' | 'tell:error' | 'approval:requested' | 'approval:resolved'>
    /** Only this session's */
    session?: string
    /** stopped: the key that made it is not in force, is no admin any more, or does not reach the team. It goes on where it was once that is over */
    state: 'active' | 'stopped'
    /** The name of the key that made it */
    createdBy: string
    /** Unix ms */
    createdAt: number
    /** The seq up to which the log has been looked through for it */
    cursor: number
    /** Deliveries that wait, or are tried again */
    pending: number
    /** Deliveries that were given up; webhook_replay sends them again */
    dead: number
    /** Until then deliveries are signed with the secret before, too. Unix ms */
    previousUntil?: number
  }>
  /** Cursor of the next page; absent on the last one */
  next?: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Replace a webhook's secret: what it takes. */
export interface WebhookRotateInput {
  /** Webhook id, a UUID in lower case */
  webhookId: string
  /** How long the old secret still signs too, ms. 0 where it has leaked */
  overlap?: number
}

/** Replace a webhook's secret: what it gives. */
export interface WebhookRotateOutput {
  /** Webhook id, a UUID in lower case */
  webhookId: string
  /** What its deliveries are signed with (Standard Webhooks). Shown this once */
  secret: string
  /** Until then the old secret signs too, Unix ms */
  previousUntil: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Try a webhook: what it takes. */
export interface WebhookTestInput {
  /** Webhook id, a UUID in lower case */
  webhookId: string
}

/** Try a webhook: what it gives. */
export interface WebhookTestOutput {
  /** Webhook id, a UUID in lower case */
  webhookId: string
  /** The header `webhook-id` */
  deliveryId: string
  delivered: boolean
  /** When it began, Unix ms */
  at: number
  /** ms */
  duration: number
  /** The HTTP status of the answer, where there was one */
  status?: number
  /** Why it counts as failed */
  error?: string
  /** When it was answered, Unix ms */
  timestamp: number
}

/** List what a webhook was sent: what it takes. */
export interface WebhookDeliveriesInput {
  /** Webhook id, a UUID in lower case */
  webhookId: string
  state?: 'pending' | 'delivered' | 'dead'
  /** The `next` of the page before */
  cursor?: number
  limit?: number
}

/** List what a webhook was sent: what it gives. */
export interface WebhookDeliveriesOutput {
  deliveries: Array<{
    /** The header `webhook-id`: the same at each attempt and after a replay */
    deliveryId: string
    /** The event */
    seq: number
    event: string
    team: string
    /** Session id, a UUID in lower case */
    sessionId: string
    state: 'pending' | 'delivered' | 'dead'
    /** How often it was tried */
    attempts: number
    /** The newest attempts, oldest first */
    recent: Array<{
      /** When it began, Unix ms */
      at: number
      /** ms */
      duration: number
      /** The HTTP status of the answer, where there was one */
      status?: number
      /** Why it counts as failed */
      error?: string
    }>
    /** Not tried before, Unix ms */
    dueAt?: number
    /** Unix ms */
    createdAt: number
  }>
  /** Cursor of the next page; absent on the last one */
  next?: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Send a webhook the past again: what it takes. */
export interface WebhookReplayInput {
  /** Webhook id, a UUID in lower case */
  webhookId: string
  /** The first event */
  seq: number
  /** dead: only what was given up */
  only?: 'all' | 'dead'
}

/** Send a webhook the past again: what it gives. */
export interface WebhookReplayOutput {
  /** Webhook id, a UUID in lower case */
  webhookId: string
  /** An http or https address. Addresses inside the own network are refused unless `webhooks.allow` of config.yaml lists them */
  url: string
  /** plain: the event as on the WebSocket, `{event, data, seq}`. slack, discord: a sentence about it, for an incoming webhook of theirs */
  format: 'plain' | 'slack' | 'discord'
  /** The team whose events are sent; `*`: all, which only a key that reaches all teams may ask for */
  team: string
  /** Only these; absent: all */
  events?: Array<'cache:message' | 'process:spawned' | 'process:terminated' | 'process:error' | 'tell:started' | 'tell:complete' | 'tell:error' | 'approval:requested' | 'approval:resolved'>
  /** Only this session's */
  session?: string
  /** stopped: the key that made it is not in force, is no admin any more, or does not reach the team. It goes on where it was once that is over */
  state: 'active' | 'stopped'
  /** The name of the key that made it */
  createdBy: string
  /** Unix ms */
  createdAt: number
  /** The seq up to which the log has been looked through for it */
  cursor: number
  /** Deliveries that wait, or are tried again */
  pending: number
  /** Deliveries that were given up; webhook_replay sends them again */
  dead: number
  /** Until then deliveries are signed with the secret before, too. Unix ms */
  previousUntil?: number
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Delete a webhook: what it takes. */
export interface WebhookDeleteInput {
  /** Webhook id, a UUID in lower case */
  webhookId: string
}

/** Delete a webhook: what it gives. */
export interface WebhookDeleteOutput {
  /** Webhook id, a UUID in lower case */
  webhookId: string
  deleted: boolean
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Make a key: what it takes. */
export interface KeyCreateInput {
  /** The name of a key */
  keyName: string
  permissions: Array<'tell' | 'wake' | 'sleep' | 'status' | 'cache:read' | 'cache:write' | 'approve' | 'metrics' | 'admin'>
  /** The only teams it may reach; absent: all */
  teams?: Array<string>
  /** The only names it may speak as; the first is its own. Absent: any */
  as?: Array<string>
  /** Requests per window, in the place of api.rateLimit.max */
  rateLimit?: number
  /** Unix ms */
  expiresAt?: number
}

/** Make a key: what it gives. */
export interface KeyCreateOutput {
  /** The name of a key */
  keyName: string
  permissions: Array<'tell' | 'wake' | 'sleep' | 'status' | 'cache:read' | 'cache:write' | 'approve' | 'metrics' | 'admin'>
  /** The only teams it may reach; absent: all */
  teams?: Array<string>
  /** The only names it may speak as; the first is its own. Absent: any */
  as?: Array<string>
  /** Requests per window, in the place of api.rateLimit.max */
  rateLimit?: number
  /** Unix ms */
  expiresAt?: number
  /** Unix ms */
  createdAt: number
  /** The key itself. It is shown this once; only its hash is kept */
  key?: string
  /** When it was answered, Unix ms */
  timestamp: number
}

/** List the keys: what it takes. */
export interface KeyListInput {}

/** List the keys: what it gives. */
export interface KeyListOutput {
  keys: Array<{
    /** The name of a key */
    keyName: string
    permissions: Array<'tell' | 'wake' | 'sleep' | 'status' | 'cache:read' | 'cache:write' | 'approve' | 'metrics' | 'admin'>
    /** The only teams it may reach; absent: all */
    teams?: Array<string>
    /** The only names it may speak as; the first is its own. Absent: any */
    as?: Array<string>
    /** Requests per window, in the place of api.rateLimit.max */
    rateLimit?: number
    /** Unix ms */
    expiresAt?: number
    state: 'valid' | 'expired' | 'revoked'
    /** config: it stands in config.yaml, and is changed there */
    source: 'store' | 'config'
    /** When it was made, or made anew, Unix ms */
    createdAt?: number
    /** Unix ms */
    revokedAt?: number
    /** When it was last used since the server started, Unix ms */
    lastUsedAt?: number
    /** Whether it is the key of this call */
    own: boolean
    /** Whether the iris command on the machine of the server uses it */
    local: boolean
  }>
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Replace a key: what it takes. */
export interface KeyRotateInput {
  /** The name of a key */
  keyName: string
}

/** Replace a key: what it gives. */
export interface KeyRotateOutput {
  /** The name of a key */
  keyName: string
  /** Unix ms */
  createdAt: number
  /** The key itself. It is shown this once; only its hash is kept */
  key?: string
  /** When it was answered, Unix ms */
  timestamp: number
}

/** Revoke a key: what it takes. */
export interface KeyRevokeInput {
  /** The name of a key */
  keyName: string
}

/** Revoke a key: what it gives. */
export interface KeyRevokeOutput {
  /** The name of a key */
  keyName: string
  revoked: boolean
  /** Whether it was the key of this call, which now was its last */
  own: boolean
  /** When it was answered, Unix ms */
  timestamp: number
}

export const ROUTES: Readonly<Record<string, Route>> = {
  team_tell: { method: 'POST', path: '/api/teams/tell', keyed: true, query: [] },
  team_wake: { method: 'POST', path: '/api/teams/{teamName}/wake', keyed: true, query: [] },
  team_wake_all: { method: 'POST', path: '/api/teams/wake-all', keyed: true, query: [] },
  team_sleep: { method: 'POST', path: '/api/teams/{teamName}/sleep', keyed: true, query: [] },
  team_status: { method: 'GET', path: '/api/teams/{teamName}/status', keyed: false, query: ['fromTeam'] },
  team_list: { method: 'GET', path: '/api/teams', keyed: false, query: ['includeProcessDetails'] },
  system_status: { method: 'GET', path: '/api/status', keyed: false, query: [] },
  session_list: { method: 'GET', path: '/api/sessions', keyed: false, query: ['team', 'from', 'cursor', 'limit'] },
  session_fork: { method: 'POST', path: '/api/sessions/{sessionId}/fork', keyed: true, query: [] },
  session_reset: { method: 'POST', path: '/api/sessions/{sessionId}/reset', keyed: true, query: [] },
  session_delete: { method: 'DELETE', path: '/api/sessions/{sessionId}', keyed: true, query: [] },
  cache_read: { method: 'GET', path: '/api/cache/{sessionId}', keyed: false, query: ['includeMessages', 'after', 'limit'] },
  cache_clear: { method: 'DELETE', path: '/api/cache/{sessionId}', keyed: true, query: [] },
  tell_get: { method: 'GET', path: '/api/tells/{tellId}', keyed: false, query: ['wait'] },
  tell_list: { method: 'GET', path: '/api/tells', keyed: false, query: ['team', 'session', 'state', 'cursor', 'limit'] },
  tell_cancel: { method: 'POST', path: '/api/tells/{tellId}/cancel', keyed: true, query: [] },
  event_list: { method: 'GET', path: '/api/events', keyed: false, query: ['after', 'rooms', 'wait', 'limit'] },
  approval_list: { method: 'GET', path: '/api/approvals', keyed: false, query: ['state', 'team', 'cursor', 'limit'] },
  approval_answer: { method: 'POST', path: '/api/approvals/{approvalId}', keyed: true, query: [] },
  webhook_create: { method: 'POST', path: '/api/webhooks', keyed: true, query: [] },
  webhook_list: { method: 'GET', path: '/api/webhooks', keyed: false, query: ['cursor', 'limit'] },
  webhook_rotate: { method: 'POST', path: '/api/webhooks/{webhookId}/rotate', keyed: true, query: [] },
  webhook_test: { method: 'POST', path: '/api/webhooks/{webhookId}/test', keyed: true, query: [] },
  webhook_deliveries: { method: 'GET', path: '/api/webhooks/{webhookId}/deliveries', keyed: false, query: ['state', 'cursor', 'limit'] },
  webhook_replay: { method: 'POST', path: '/api/webhooks/{webhookId}/replay', keyed: true, query: [] },
  webhook_delete: { method: 'DELETE', path: '/api/webhooks/{webhookId}', keyed: true, query: [] },
  key_create: { method: 'POST', path: '/api/keys', keyed: true, query: [] },
  key_list: { method: 'GET', path: '/api/keys', keyed: false, query: [] },
  key_rotate: { method: 'POST', path: '/api/keys/{keyName}/rotate', keyed: true, query: [] },
  key_revoke: { method: 'POST', path: '/api/keys/{keyName}/revoke', keyed: true, query: [] }
}

/** Every tool of the server as a method of its name. */
export abstract class Tools {
  abstract call<T> (tool: string, input: object, options?: CallOptions): Promise<T>

  /** Send a message to the coding agent of a team and wait for its answer. A busy agent answers in turn. Nothing is lost when the wait ends first: the tell goes on, and tell_get finds its answer by the tellId. */
  teamTell (input: TeamTellInput, options?: CallOptions): Promise<TeamTellOutput> {
    return this.call('team_tell', input, options)
  }

  /** Start the agent of a team for the caller's conversation with it, if it is not running already. A tell does that by itself; this only saves it the wait. */
  teamWake (input: TeamWakeInput, options?: CallOptions): Promise<TeamWakeOutput> {
    return this.call('team_wake', input, options)
  }

  /** Start the agents of all teams that the key reaches. One that fails does not keep the others from waking. */
  teamWakeAll (input: TeamWakeAllInput = {}, options?: CallOptions): Promise<TeamWakeAllOutput> {
    return this.call('team_wake_all', input, options)
  }

  /** End the agent processes of a team: all of them, or the one of a single speaker. The conversations stay and go on at the next tell. */
  teamSleep (input: TeamSleepInput, options?: CallOptions): Promise<TeamSleepOutput> {
    return this.call('team_sleep', input, options)
  }

  /** Whether a team is awake, what it is doing, since when and why. */
  teamStatus (input: TeamStatusInput, options?: CallOptions): Promise<TeamStatusOutput> {
    return this.call('team_status', input, options)
  }

  /** The configured teams that the key reaches, with what each is doing. */
  teamList (input: TeamListInput = {}, options?: CallOptions): Promise<TeamListOutput> {
    return this.call('team_list', input, options)
  }

  /** How many sessions, processes and tells there are of the teams that the key reaches, how many processes there may be in all, and how long the server has been up. */
  systemStatus (input: SystemStatusInput = {}, options?: CallOptions): Promise<SystemStatusOutput> {
    return this.call('system_status', input, options)
  }

  /** The conversations that the key reaches, newest first, reset ones included. */
  sessionList (input: SessionListInput = {}, options?: CallOptions): Promise<SessionListOutput> {
    return this.call('session_list', input, options)
  }

  /** Begin a second conversation with the same team that shares the history so far, up to the last turn that was completed; from there on the two know nothing of each other. It has a speaker of its own: tell the team as that one to go on with it. Forking the conversation of a name that the key may not speak as needs the permission `cache:read`. */
  sessionFork (input: SessionForkInput, options?: CallOptions): Promise<SessionForkOutput> {
    return this.call('session_fork', input, options)
  }

  /** Give the same pair a fresh conversation. The old one ends its agent, and its cache stays readable under the old id. */
  sessionReset (input: SessionResetInput, options?: CallOptions): Promise<SessionResetOutput> {
    return this.call('session_reset', input, options)
  }

  /** Delete a conversation with its tells and its cache, and end its agent. The agent's own files are not touched. */
  sessionDelete (input: SessionDeleteInput, options?: CallOptions): Promise<SessionDeleteOutput> {
    return this.call('session_delete', input, options)
  }

  /** Every message of one session in order, oldest first: what was told, what the agent said, its tool calls and their results. */
  cacheRead (input: CacheReadInput, options?: CallOptions): Promise<CacheReadOutput> {
    return this.call('cache_read', input, options)
  }

  /** Delete the cached messages of one session. The agent's own memory of the conversation is not touched: session_reset does that. */
  cacheClear (input: CacheClearInput, options?: CallOptions): Promise<CacheClearOutput> {
    return this.call('cache_clear', input, options)
  }

  /** A tell, its state and its answer, or the answer so far. With `wait`, once it has ended or the wait is over, whichever is first. */
  tellGet (input: TellGetInput, options?: CallOptions): Promise<TellGetOutput> {
    return this.call('tell_get', input, options)
  }

  /** Tells, newest first: all that the key reaches with cache:read, else its own. Of long texts only the beginning: tell_get has the whole. */
  tellList (input: TellListInput = {}, options?: CallOptions): Promise<TellListOutput> {
    return this.call('tell_list', input, options)
  }

  /** Stop a tell that waits or runs: one's own, or with cache:read another's. The conversation stays and the next tell works. A tell that has ended stays as it ended. */
  tellCancel (input: TellCancelInput, options?: CallOptions): Promise<TellCancelOutput> {
    return this.call('tell_cancel', input, options)
  }

  /** What happened since a cursor, in order: messages, answers as they grow, processes. With `wait` it answers as soon as something happens. Pass `resume.next` as the next `after`. The cursor is the same on the WebSocket (`resume`) and on /api/events/stream. */
  eventList (input: EventListInput = {}, options?: CallOptions): Promise<EventListOutput> {
    return this.call('event_list', input, options)
  }

  /** Permission questions of agents that the key reaches, newest first, with what was decided, by whom or by which rule. Those with the state pending wait for approval_answer. */
  approvalList (input: ApprovalListInput = {}, options?: CallOptions): Promise<ApprovalListOutput> {
    return this.call('approval_list', input, options)
  }

  /** Decide whether an agent may use the tool it asks for. The first decision holds; a later one is refused with the state. */
  approvalAnswer (input: ApprovalAnswerInput, options?: CallOptions): Promise<ApprovalAnswerOutput> {
    return this.call('approval_answer', input, options)
  }

  /** Have an address told what happens from now on, by signed requests (Standard Webhooks): at least once, in order in each session, tried again for a day. The secret is shown this once. It lasts as long as the key that makes it is in force and reaches the team. */
  webhookCreate (input: WebhookCreateInput, options?: CallOptions): Promise<WebhookCreateOutput> {
    return this.call('webhook_create', input, options)
  }

  /** The webhooks of the teams that the key reaches, newest first, with how much waits and how much was given up. Secrets are not shown. */
  webhookList (input: WebhookListInput = {}, options?: CallOptions): Promise<WebhookListOutput> {
    return this.call('webhook_list', input, options)
  }

  /** A new secret, shown this once. For the time of `overlap` deliveries carry two signatures, by the new and by the old one, so that the receiver can change over without a loss. */
  webhookRotate (input: WebhookRotateInput, options?: CallOptions): Promise<WebhookRotateOutput> {
    return this.call('webhook_rotate', input, options)
  }

  /** Send one signed request now, `{"event":"webhook:test",…}`, and say what came of it. It is not tried again, and holds back nothing. */
  webhookTest (input: WebhookTestInput, options?: CallOptions): Promise<WebhookTestOutput> {
    return this.call('webhook_test', input, options)
  }

  /** What a webhook was told, waits to be told, or was not told in spite of all attempts (dead), newest first, with the attempts. What happened itself is in the log: event_list. */
  webhookDeliveries (input: WebhookDeliveriesInput, options?: CallOptions): Promise<WebhookDeliveriesOutput> {
    return this.call('webhook_deliveries', input, options)
  }

  /** Send again what happened from a seq on, as far as the log still holds it, also what happened before the webhook was made. Each keeps its `webhook-id`, by which a receiver knows what it had. */
  webhookReplay (input: WebhookReplayInput, options?: CallOptions): Promise<WebhookReplayOutput> {
    return this.call('webhook_replay', input, options)
  }

  /** It is told nothing any more. What waits for it is dropped. */
  webhookDelete (input: WebhookDeleteInput, options?: CallOptions): Promise<WebhookDeleteOutput> {
    return this.call('webhook_delete', input, options)
  }

  /** A key for somebody else, or for a program. It is shown this once: a call that is sent again with its idempotency key is answered without it, and key_rotate makes another. It can never do more than the key it is made with; what is not said is as there. */
  keyCreate (input: KeyCreateInput, options?: CallOptions): Promise<KeyCreateOutput> {
    return this.call('key_create', input, options)
  }

  /** The keys that reach nothing but what this one reaches, those in config.yaml too, with what each may do and when it was last used. Keys themselves are not shown. */
  keyList (input: KeyListInput = {}, options?: CallOptions): Promise<KeyListOutput> {
    return this.call('key_list', input, options)
  }

  /** A new key in the place of the old one, which ends at once, with the same name and permissions. It is shown this once: a call that is sent again with its idempotency key is answered without it. Only of keys that can do no more than the one of the call. Where the iris command on the machine of the server uses it, that goes on with the new one. */
  keyRotate (input: KeyRotateInput, options?: CallOptions): Promise<KeyRotateOutput> {
    return this.call('key_rotate', input, options)
  }

  /** The key is worthless from its next request on, its streams and sockets are closed, its webhooks stop. It may be the one of this call, but not the last with which keys are managed. Keys in config.yaml are taken out there. */
  keyRevoke (input: KeyRevokeInput, options?: CallOptions): Promise<KeyRevokeOutput> {
    return this.call('key_revoke', input, options)
  }
}
