import { createServer, type Server } from 'node:net'
import { AgentError } from '../errors.ts'
import { failedStart, reason } from './child.ts'

const held = new Set<string>()

/**
 * Two processes on one conversation fork it in silence, and one of them loses its turns. So a conversation has one
 * process at a time: on Linux among all the servers of the machine, by a listening socket with an abstract name, which
 * the kernel frees whatever dies; elsewhere only within this server. Throws AgentError when it is taken.
 * Returns its release.
 */
export async function lockConversation (conversation: string): Promise<() => void> {
  if (held.has(conversation)) throw taken(conversation, 'of this server')
  held.add(conversation)
  try {
    const server = process.platform === 'linux' ? await listen(`\0iris-conversation-${conversation}`) : undefined
    return () => {
      if (held.delete(conversation)) server?.close()
    }
  } catch (cause) {
    held.delete(conversation)
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') throw taken(conversation, 'of another server', cause)
    throw failedStart(`its conversation cannot be locked (${reason(cause)})`, cause)
  }
}

const taken = (conversation: string, whose: string, cause?: unknown) =>
  new AgentError(`A process ${whose} has the conversation ${conversation} open`, { details: { conversation: 'open' }, cause })

function listen (path: string) {
  return new Promise<Server>((resolve, reject) => {
    const server = createServer(socket => { socket.destroy() })
    server.once('error', reject)
    server.listen({ path, exclusive: true }, () => { resolve(server.unref()) })
  })
}
