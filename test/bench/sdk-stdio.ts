/** The MCP SDK's server on stdio, as it is documented. Argument: a file of peer.ts. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { readTask } from './peer.ts'
import { createSdkServer } from './sdk-server.ts'

await createSdkServer(readTask().body).connect(new StdioServerTransport())
process.stdin.on('end', () => { process.exit(0) })
