/** What the peers of fanout.ts have in common: events as Iris makes them, at a pace that is asked for over HTTP. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** Characters of an answer in one event: with its envelope it is about 290 bytes. */
export const PIECE = 100

/** An event each `every` ms; `together`: so many in one turn. */
export interface Pace { readonly every: number, readonly together: number }

export interface Piece { readonly data: object, readonly seq: number }

/** Answers `/emit?every=…&together=…` and `/stop`. `tell` gives away what came together. */
export function createEmitter (tell: (pieces: Piece[]) => void) {
  const of = { tellId: randomUUID(), sessionId: randomUUID(), team: 'echo' }
  const chunk = 'x'.repeat(PIECE)
  let seq = 100_000
  let cancel = () => {}

  const next = (): Piece => ({ data: { ...of, offset: ++seq * PIECE % 1_000_000, chunk }, seq })

  function emit ({ every, together }: Pace) {
    let due = performance.now()
    const go = () => {
      tell(Array.from({ length: together }, next))
      // One that is late does not pause, nor does it catch up.
      due = Math.max(due + every, performance.now())
      const wait = due - performance.now()
      const timer = wait < 1 ? setImmediate(go) : setTimeout(go, wait)
      cancel = () => { clearTimeout(timer as NodeJS.Timeout); clearImmediate(timer as NodeJS.Immediate) }
    }
    go()
  }

  return (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost')
    cancel()
    if (pathname === '/emit') emit({ every: Number(searchParams.get('every')), together: Number(searchParams.get('together')) })
    response.end('{"status":"ok"}')
  }
}
