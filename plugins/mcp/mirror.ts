import type { IncomingHttpHeaders } from 'node:http'
import type { TObject } from '@sinclair/typebox'
import { HEADER_MISMATCH, isObject, RpcError, type Message } from './rpc.ts'

/** A field of a tool's input that the client repeats in a header: the path to it, and the header. */
export interface MirroredField { path: readonly string[], header: string }

const UNSAFE = /[^\t\x20-\x7e]/
const ENCODED = /^=\?base64\?(.*)\?=$/

/** The fields whose schema carries `x-mcp-header`, at any depth of `properties`. */
export function mirroredFields (schema: Pick<TObject, 'properties'>, above: readonly string[] = []): MirroredField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const path = [...above, key]
    const name: unknown = field['x-mcp-header']
    const own = typeof name === 'string' ? [{ path, header: `mcp-param-${name.toLowerCase()}` }] : []
    return [...own, ...mirroredFields(field as TObject, path)]
  })
}

/**
 * Proxies route by the headers, this server acts by the body: where the two differ, somebody is fooled.
 * Throws RpcError −32020 with status 400.
 */
export function checkMethod (headers: IncomingHttpHeaders, { method, params }: Message): void {
  match('Mcp-Method', headers['mcp-method'], method)
  if (method !== 'tools/call' || !isObject(params)) return
  match('Mcp-Name', decoded('Mcp-Name', headers['mcp-name']), params.name)
}

export function checkFields (headers: IncomingHttpHeaders, fields: readonly MirroredField[], input: unknown): void {
  for (const { path, header } of fields) {
    const value = path.reduce<unknown>((at, key) => isObject(at) ? at[key] : undefined, input) ?? undefined
    const said = decoded(header, headers[header])
    if (typeof value === 'number' && said !== undefined && said.trim() !== '' && Number(said) === value) continue
    match(header, said, value === undefined ? undefined : String(value))
  }
}

function match (name: string, said: unknown, meant: unknown): void {
  if (said === meant) return
  const what = said === undefined ? 'is missing' : meant === undefined ? 'has nothing in the body that it repeats' : 'does not match the body'
  throw new RpcError(HEADER_MISMATCH, `Header mismatch: ${name} ${what}`, { status: 400 })
}

/** What a header says; base64 in its wrapping where plain ASCII could not carry it. */
function decoded (name: string, value: string | string[] | undefined): string | undefined {
  if (value === undefined) return undefined
  const plain = String(value)
  const base64 = ENCODED.exec(plain)?.[1]
  const bytes = base64 === undefined ? undefined : Buffer.from(base64, 'base64')
  if (UNSAFE.test(plain) || bytes?.toString('base64') !== base64) {
    throw new RpcError(HEADER_MISMATCH, `Header mismatch: ${name} is malformed`, { status: 400 })
  }
  return bytes?.toString() ?? plain
}
