import { Type } from '@sinclair/typebox'
import { Tell, TellId } from '../../schemas/tell.ts'
import { defineTool } from '../tool.ts'
import { hearQuestions } from '../interest.ts'
import { readable } from '../own-tells.ts'

export const tellGet = defineTool({
  name: 'tell_get',
  title: 'Look a tell up',
  description: 'A tell, its state and its answer, or the answer so far. With `wait`, once it has ended or the wait is over, whichever is first.',
  permission: ['tell', 'cache:read'],
  http: { method: 'GET', url: '/tells/:tellId' },
  input: Type.Object({
    tellId: TellId,
    wait: Type.Integer({ minimum: 0, maximum: 600_000, default: 0, description: 'How long to wait for its end, ms' })
  }, { additionalProperties: false }),
  output: Tell.properties,
  team: ({ tellId }, { tells }) => tells.get(tellId).to,

  async handler ({ tellId, wait }, call) {
    const { caller, tells, signal, patience } = call
    const sent = tells.get(tellId)
    readable(caller, sent)
    const { caller: _, ...tell } = wait > 0 ? await hear() : sent
    return tell

    async function hear () {
      const deaf = hearQuestions(sent, call)
      const { tell } = await tells.wait(tellId, Math.min(wait, patience ?? wait), signal, sent.caller === caller.name)
      deaf()
      return tell
    }
  }
})
