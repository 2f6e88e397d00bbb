import { useEffect, useReducer, useState } from 'react'
import type { Iris, IrisEvent } from 'iris-client'

/** One message to the team, and its answer so far. */
export interface Turn {
  tellId: string
  message: string
  answer: string
  state: string
  error?: string
}

/**
 * A session from its beginning, and as it goes on. The client makes a connection that is lost again where it was, so each
 * event comes once and in order, whatever happens to the network.
 */
export function useSession (iris: Iris, sessionId: string | undefined): { turns: Turn[], error: Error | undefined } {
  const [turns, hear] = useReducer(heard, [])
  const [error, setError] = useState<Error>()

  useEffect(() => {
    hear('anew')
    setError(undefined)
    if (sessionId === undefined) return
    const stop = new AbortController()
    const { signal } = stop
    async function follow () {
      for await (const event of iris.events({ rooms: [`session:${sessionId}`], after: 0, signal })) {
        if (signal.aborted) return
        hear(event)
      }
    }
    follow().catch((err: Error) => { if (!signal.aborted) setError(err) })
    return () => { stop.abort() }
  }, [iris, sessionId])

  return { turns, error }
}

function heard (turns: Turn[], event: IrisEvent | 'anew'): Turn[] {
  if (event === 'anew') return []
  const { tellId, ...data } = event.data as { tellId?: string, offset: number, chunk: string, response: string, state: string, error: { message: string }, message: { type: string, data: { text: string } } }
  if (tellId === undefined) return turns
  const turn = turns.find(one => one.tellId === tellId) ?? { tellId, message: '', answer: '', state: 'running' }
  const change = (changed: Partial<Turn>) => turns.includes(turn) ? turns.map(one => one === turn ? { ...turn, ...changed } : one) : [...turns, { ...turn, ...changed }]
  switch (event.event) {
    case 'tell:started': return change({})
    case 'cache:message': return data.message.type === 'user' && data.message.data.text !== undefined ? change({ message: data.message.data.text }) : turns
    // A piece replaces what stood at its offset and after: an agent may begin a passage again.
    case 'tell:chunk': return change({ answer: turn.answer.slice(0, data.offset) + data.chunk })
    case 'tell:complete': return change({ answer: data.response, state: 'completed' })
    case 'tell:error': return change({ answer: data.response, state: data.state, error: data.error.message })
    default: return turns
  }
}
