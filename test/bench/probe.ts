import { once } from 'node:events'
import WebSocket from 'ws'
import { quantile } from './statistics.ts'

/** ms between calls, whether or not the ones before are answered: what waits for a server that is held up counts for each */
const EVERY = 5

/** Calls `team_status` over a WebSocket of its own until `work` is done: ms that 99 of 100 answers took at most. */
export async function probe (url: string, key: string, work: () => Promise<unknown>): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { perMessageDeflate: false, headers: { authorization: `Bearer ${key}` } })
  await once(socket, 'open')
  const sent: number[] = []
  const took: number[] = []
  let answered = () => {}
  socket.on('message', (raw: Buffer) => {
    const { event, id } = JSON.parse(raw.toString()) as { event: string, id?: number }
    if (event !== 'result') return
    took.push(performance.now() - sent[id!]!)
    answered()
  })
  const ask = () => {
    sent.push(performance.now())
    socket.send(JSON.stringify({ event: 'team_status', id: sent.length - 1, data: { teamName: 'echo' } }))
  }
  const timer = setInterval(ask, EVERY)
  try {
    ask()
    await work()
    clearInterval(timer)
    while (took.length < sent.length) await new Promise<void>(resolve => { answered = resolve })
    return quantile(took, 0.99)
  } finally {
    clearInterval(timer)
    socket.terminate()
  }
}
