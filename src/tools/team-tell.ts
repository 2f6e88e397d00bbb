import { Type } from '@sinclair/typebox'
import { TeamName } from '../../schemas/team.ts'
import { Attachments } from '../../schemas/attachment.ts'
import { AnswerSchema, MessageText, Tell, TellId } from '../../schemas/tell.ts'
import { IrisError, PoolFullError, TellTimeoutError } from '../errors.ts'
import { hearQuestions } from '../interest.ts'
import { isOver } from '../tells.ts'
import { defineTool, speaker } from '../tool.ts'

export const teamTell = defineTool({
  name: 'team_tell',
  title: 'Tell a team something',
  description: 'Send a message to the coding agent of a team and wait for its answer. A busy agent answers in turn. ' +
    'Nothing is lost when the wait ends first: the tell goes on, and tell_get finds its answer by the tellId.',
  permission: 'tell',
  hints: { destructive: true }, // an agent may do what its policy lets it
  http: { method: 'POST', url: '/teams/tell' },
  refusals: [404, 408, 409, 502, 503],
  socket: { event: 'tell:start', answer: 'events' },
  charge: 'tell',
  resumes: true,
  input: Type.Object({
    toTeam: TeamName,
    message: MessageText,
    attachments: Type.Optional(Attachments),
    schema: Type.Optional(AnswerSchema),
    fromTeam: Type.Optional({ ...TeamName, description: 'Who speaks; each pair has a conversation of its own. Default: the caller\'s own name' }),
    timeout: Type.Optional(Type.Integer({ minimum: -1, description: 'How long to wait for the answer, ms. 0 waits for ever, -1 not at all. Default: settings.tellTimeout' })),
    tellId: Type.Optional({ ...TellId, description: 'A UUID of the caller\'s choice. The same id and input is the same tell, however often it is sent' })
  }, { additionalProperties: false, examples: [{ toTeam: 'echo', message: 'Hello' }] }),
  output: {
    ...Type.Pick(Tell, ['tellId', 'sessionId', 'from', 'to', 'message']).properties,
    response: Type.Optional(Type.String({ description: 'The answer, once there is one' })),
    structured: Tell.properties.structured,
    state: Tell.properties.state,
    duration: Type.Integer({ description: 'From acceptance until now, ms' }),
    async: Type.Boolean({ description: 'true: not answered yet. Ask tell_get with the tellId' }),
    usage: Tell.properties.usage,
    next: Type.Optional(Type.String({ description: 'How to go on where the answer is not there yet' }))
  },
  team: ({ toTeam }) => toTeam,

  async handler ({ toTeam, message, attachments, schema, fromTeam, timeout, tellId }, call, entry) {
    const { caller, config, teams, tells, clock, signal, patience, attempt, emit } = call
    const wanted = timeout ?? config().settings.tellTimeout
    const own = tellId ?? attempt?.workId
    // Who comes again gets what there is, whatever became of the team.
    if (own === undefined || !tells.has(own)) teams.ready(toTeam)
    const begun = await tells.start({ from: speaker(caller, fromTeam), to: toTeam, message, caller: caller.name, waits: wanted >= 0, ...(attachments && { attachments }), ...(schema && { schema }), ...(own !== undefined && { tellId: own }), ...(caller.session !== undefined && { session: caller.session }) }, emit)
    const id = begun.tellId
    hearQuestions(begun, call)
    if (attempt !== undefined) attempt.stage = 'begun'
    const bears = patience !== undefined && (wanted === 0 || wanted > patience)
    const { how, tell } = wanted < 0 ? { how: 'time', tell: begun } : await tells.wait(id, bears ? patience : wanted, signal, true, entry)

    if (attempt !== undefined && (wanted < 0 || isOver(tell))) attempt.stage = 'done'
    const of = { tellId: id, sessionId: tell.sessionId }
    if (tell.error !== undefined) throw new IrisError(tell.error.error, tell.error.statusCode, tell.error.message, { details: { ...tell.error.details, ...of, state: tell.state, response: tell.response } })
    if (how === 'stopped') throw new PoolFullError('The server stops. The tell stays in the queue and runs at its next start', { details: { ...of, retryAfter: 5 } })
    if (!isOver(tell) && wanted > 0 && !bears) throw new TellTimeoutError(String(wanted), { details: { ...of, response: tell.response } })
    const { sessionId, from, to, response, structured, state, usage, createdAt, duration } = tell
    return {
      ...of,
      sessionId,
      from,
      to,
      message,
      state,
      duration: duration ?? clock.now() - createdAt,
      async: !isOver(tell),
      ...(isOver(tell) ? { response, ...(structured !== undefined && { structured }) } : { next: `The tell goes on. Call tell_get with {"tellId":"${id}","wait":30000} for its answer` }),
      ...(usage && { usage })
    }
  }
})
