import type { Server } from '../server.ts'
import type { Link, LinkEvents } from './mcp-link.ts'

/** MCP with the server in this process, without any connection between. */
export function openInside (server: Pick<Server, 'openChannel' | 'bodyLimit'>, key: string | undefined, headers: Readonly<Record<string, string>>, { hear, lost }: LinkEvents): Link {
  let behind = false
  const channel = server.openChannel(key ?? null, headers, {
    send (text) {
      const full = hear(text)
      if (full === undefined || behind) return
      behind = true
      void full.then(() => { behind = false })
    },
    congested: () => behind,
    refused (why) {
      channel.close()
      lost(why)
    }
  })
  return {
    limit: server.bodyLimit,
    forgetful: true,
    send (_line, message) { channel.receive(message) },
    async close () { channel.close() }
  }
}
