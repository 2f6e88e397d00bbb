import { Type } from '@sinclair/typebox'
import { SessionId, Worktree } from '../../schemas/session.ts'
import { SessionBusyError } from '../errors.ts'
import { defineTool } from '../tool.ts'

export const sessionDelete = defineTool({
  name: 'session_delete',
  title: 'Delete a session',
  description: 'Delete a conversation with its tells and its cache, and end its agent. The agent\'s own files are not touched.',
  permission: 'cache:write',
  hints: { destructive: true },
  http: { method: 'DELETE', url: '/sessions/:sessionId' },
  refusals: [409],
  input: Type.Object({ sessionId: SessionId }, { additionalProperties: false }),
  output: { sessionId: SessionId, deleted: Type.Boolean(), worktree: Type.Optional({ ...Worktree, description: 'What the session left behind: it holds changes that are nowhere else' }) },
  team: ({ sessionId }, { sessions }) => sessions.get(sessionId).to,

  async handler ({ sessionId }, { sessions, pool, tells, worktrees, caller }) {
    const refuse = () => {
      if (tells.load(sessionId) > 0) throw new SessionBusyError('This session is busy. Wait for its tells, or cancel them', { details: { sessionId } })
    }
    refuse()
    const { to } = sessions.get(sessionId)
    await pool.sleep(sessionId, `deleted by '${caller.name}'`, () => {
      refuse() // a tell may have come meanwhile
      sessions.remove(sessionId)
    })
    const worktree = worktrees.find(to, sessionId)
    return { sessionId, deleted: true, ...(worktree !== undefined && { worktree }) }
  }
})
