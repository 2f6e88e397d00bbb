import { Type } from '@sinclair/typebox'
import { SessionId } from '../../schemas/session.ts'
import { SessionBusyError } from '../errors.ts'
import { defineTool } from '../tool.ts'

export const sessionReset = defineTool({
  name: 'session_reset',
  title: 'Start a conversation anew',
  description: 'Give the same pair a fresh conversation. The old one ends its agent, and its cache stays readable under the old id.',
  permission: 'cache:write',
  hints: { destructive: true },
  http: { method: 'POST', url: '/sessions/:sessionId/reset' },
  refusals: [409],
  input: Type.Object({ sessionId: SessionId }, { additionalProperties: false }),
  output: { sessionId: SessionId, previousSessionId: SessionId },
  team: ({ sessionId }, { sessions }) => sessions.get(sessionId).to,

  async handler ({ sessionId }, { sessions, pool, tells, caller }) {
    const refuse = () => {
      if (tells.load(sessionId) > 0) throw new SessionBusyError('This session is busy. Wait for its tells, or cancel them', { details: { sessionId } })
      if (!sessions.get(sessionId).current) throw new SessionBusyError('This session was reset before. session_list shows its successor', { details: { sessionId } })
    }
    let next: string | undefined
    refuse()
    await pool.sleep(sessionId, `reset by '${caller.name}'`, () => {
      refuse() // a tell may have come meanwhile
      next = sessions.reset(sessionId).id
    })
    return { sessionId: next!, previousSessionId: sessionId }
  }
})
