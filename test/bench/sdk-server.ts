import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { z } from 'zod'

/** As the SDK's documentation makes one, with one tool that has nothing to do: it says `body` with the time. */
export function createSdkServer (body: Record<string, unknown>): McpServer {
  const server = new McpServer({ name: 'sdk', version: '1.0.0' })
  server.registerTool('team_status', {
    title: 'Status of a team',
    description: 'Whether a team is awake, what it is doing, since when and why.',
    inputSchema: { teamName: z.string(), fromTeam: z.string().optional() }
  }, async () => {
    const status = { ...body, timestamp: Date.now() }
    return { content: [{ type: 'text', text: JSON.stringify(status) }], structuredContent: status }
  })
  return server
}
