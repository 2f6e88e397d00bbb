/** One server-sent event. */
export interface SentEvent {
  id?: string
  event: string
  data: string
}

/** The events of a stream of bytes; ends where it ends. What is cut off in the middle of an event is not one. */
export async function * parseEvents (body: ReadableStream<Uint8Array>): AsyncGenerator<SentEvent | null> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let id: string | undefined
  let event = ''
  let data: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield null // the connection lives, whatever the bytes are
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
      rest = lines.pop()!
      for (const ended of lines) {
        const line = ended.endsWith('\r') ? ended.slice(0, -1) : ended
        const colon = line.indexOf(':')
        const content = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
        if (line.startsWith('id:')) id = content
        else if (line.startsWith('event:')) event = content
        else if (line.startsWith('data:')) data.push(content)
        if (line !== '') continue
        if (data.length > 0) yield { ...(id !== undefined && { id }), event, data: data.join('\n') }
        id = undefined
        event = ''
        data = []
      }
    }
  } finally {
    void reader.cancel().catch(() => {})
  }
}
