import { ask } from './ask.ts'
import type { Iris } from './iris.ts'

/** How `team_status` is asked for by REST. */
export interface StatusRequest {
  readonly path: string
  readonly headers: Record<string, string>
  /** Its answer. */
  readonly body: Record<string, unknown>
}

/** Wakes the team `echo`; resolves to its status. */
export async function statusOfAwake ({ url, key }: Iris): Promise<StatusRequest> {
  const path = '/api/teams/echo/status'
  const told = await ask(`${url}/api/teams/tell`, { key, body: JSON.stringify({ toTeam: 'echo', message: 'hello' }) })
  if (told.status !== 200) throw new Error(`The tell was answered ${told.status} ${told.text}`)
  const { status, text } = await ask(url + path, { key })
  if (status !== 200) throw new Error(`${path} was answered ${status} ${text}`)
  return { path, headers: { authorization: `Bearer ${key}` }, body: JSON.parse(text) as Record<string, unknown> }
}
