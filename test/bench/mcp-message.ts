/** The two generations of the protocol: the one that begins with `initialize`, and the one whose messages stand alone. */
export type Generation = '2025' | '2026'

const REVISION = { 2025: '2025-11-25', 2026: '2026-07-28' } as const

const CLIENT = { name: 'bench', version: '1.0.0' }
const PREFIX = 'io.modelcontextprotocol/'
const META = { [`${PREFIX}protocolVersion`]: REVISION[2026], [`${PREFIX}clientInfo`]: CLIENT, [`${PREFIX}clientCapabilities`]: {} }

const call = (name: string, input: object) => (id: number, generation: Generation) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: input, ...(generation === '2026' && { _meta: META }) }
})

/** A call of `team_status`. */
export const statusCall = call('team_status', { teamName: 'echo' })
/** One that wakes the team. */
export const tellCall = call('team_tell', { toTeam: 'echo', message: 'hello' })

/** How a client of the earlier generation begins. */
export const OPENING = { jsonrpc: '2.0', id: 'begin', method: 'initialize', params: { protocolVersion: REVISION[2025], capabilities: {}, clientInfo: CLIENT } }
export const OPENED = { jsonrpc: '2.0', method: 'notifications/initialized' }

/** The headers that go with it over HTTP. */
export const callHeaders = (generation: Generation): Record<string, string> => ({
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': REVISION[generation],
  ...(generation === '2026' && { 'mcp-method': 'tools/call', 'mcp-name': 'team_status' })
})
