import { Type } from '@sinclair/typebox'
import { Tell, TellId } from '../../schemas/tell.ts'
import { readable } from '../own-tells.ts'
import { defineTool } from '../tool.ts'

export const tellCancel = defineTool({
  name: 'tell_cancel',
  title: 'Cancel a tell',
  description: 'Stop a tell that waits or runs: one\'s own, or with cache:read another\'s. The conversation stays and the next tell works. A tell that has ended stays as it ended.',
  permission: 'tell',
  hints: { destructive: true, idempotent: true },
  http: { method: 'POST', url: '/tells/:tellId/cancel' },
  socket: { event: 'tell:cancel', answer: 'result' },
  input: Type.Object({ tellId: TellId }, { additionalProperties: false }),
  output: { ...Tell.properties, cancelled: Type.Boolean({ description: 'false: it had ended before' }) },
  team: ({ tellId }, { tells }) => tells.get(tellId).to,

  async handler ({ tellId }, { caller, tells }) {
    readable(caller, tells.get(tellId)) // its answer holds the message and what was said
    await tells.cancel(tellId, `by '${caller.name}'`)
    const { caller: _, ...tell } = tells.get(tellId)
    return { ...tell, cancelled: tell.state === 'cancelled' }
  }
})
