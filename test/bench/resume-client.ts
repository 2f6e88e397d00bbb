import WebSocket from 'ws'

/** ms that a resume may take */
const DEADLINE = 10_000

/** Connects, and asks for the events of a room after `after`, which are `count`. Resolves to how many ms that took from the question on. */
export async function resume (url: string, key: string, { after, room, count }: { after: number, room: string, count: number }): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { perMessageDeflate: false, headers: { authorization: `Bearer ${key}` } })
  const late = setTimeout(() => { socket.terminate() }, DEADLINE)
  try {
    return await new Promise<number>((resolve, reject) => {
      let asked = 0
      let events = 0
      socket.on('error', reject)
      socket.on('close', () => { reject(new Error('The socket was closed')) })
      socket.on('message', (bytes: Buffer) => {
        const { event, data, seq } = JSON.parse(bytes.toString()) as { event: string, data: { verdict?: string }, seq?: number }
        if (seq !== undefined) events++
        else if (event === 'hello') {
          asked = performance.now()
          socket.send(JSON.stringify({ event: 'resume', data: { after, rooms: [room] } }))
        } else if (event === 'caught_up') {
          const took = performance.now() - asked
          if (events === count) resolve(took)
          else reject(new Error(`Of ${count} events ${events} came`))
        } else if (data.verdict !== 'ok') reject(new Error(`A resume was answered ${bytes.toString()}`))
      })
    })
  } finally {
    clearTimeout(late)
    socket.close()
  }
}
