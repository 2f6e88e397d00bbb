import { setTimeout as pause } from 'node:timers/promises'
import { ask } from './ask.ts'
import type { Cores } from './cores.ts'
import { gather, type Crowd } from './crowd.ts'
import { createSite } from './iris.ts'
import { startPeer } from './peer.ts'
import type { Program } from './program.ts'
import { PIECE, type Pace } from './room.ts'

/** A server with a crowd that hears the events of one session. */
export interface Hall {
  readonly program: Program
  readonly crowd: Crowd
  /** Events begin to come at that pace, for `ms` at least; resolves to what stops them. */
  speak (pace: Pace, ms: number): Promise<() => Promise<void>>
  close (): Promise<void>
}

/** ms that subscribing may take for each of a crowd, at most */
const EACH = 0.3
/** Characters of such an answer: what a message may hold, which is where it comes from. */
const LONGEST = 990_000
/** ms for which one client hears an event each ms, before the crowd comes: what has just started is slow, for thousands of them. */
const WARM_UP = 3_000
/** ms in which a server that rests does next to nothing */
const LULL = 100
/** ms between looks at a tell */
const LOOK = 5

/** How many are to come, and whether the server is warmed up for them. */
interface Size { readonly count: number, readonly warm: boolean }

/** The crowd, and what speaks to it. */
async function fill ({ count, warm }: Size, come: (count: number) => Promise<Crowd>, speakTo: (crowd: Crowd, count: number) => Hall['speak']): Promise<Pick<Hall, 'crowd' | 'speak'>> {
  if (warm) {
    const one = await come(1)
    const hush = await speakTo(one, 1)({ every: 1, together: 1 }, WARM_UP)
    await pause(WARM_UP)
    await hush()
    await one.leave()
  }
  const crowd = await come(count)
  return { crowd, speak: speakTo(crowd, count) }
}

/**
 * Iris: the events are the answer of a tell to `echo`, which comes in pieces. A piece longer than `chunkSize` goes out as
 * several events at once; none waits for the next one (`chunkInterval`).
 */
export async function irisHall (cores: Cores, size: Size, profile?: string): Promise<Hall> {
  const site = createSite(cores, profile, { settings: { chunkInterval: 0, chunkSize: PIECE } })
  const program = await site.start().catch(err => { site.remove(); throw err })
  const { url, key } = program
  const remove = async () => {
    await program.end()
    site.remove()
  }
  async function call (path: string, body?: object): Promise<Record<string, string>> {
    const { status, text } = await ask(`${url}/api${path}`, { key, ...(body && { body: JSON.stringify(body) }) })
    if (status !== 200) throw new Error(`${path} was answered ${status} ${text}`)
    return JSON.parse(text) as Record<string, string>
  }
  const reach = async (tellId: string, wanted: string) => { while ((await call(`/tells/${tellId}`)).state !== wanted) await pause(LOOK) }

  try {
    const { sessionId } = await call('/teams/tell', { toTeam: 'echo', message: 'hello' })
    const { crowd, speak } = await fill(size, count => gather(`${url}/ws`, { key, count }), (crowd, count) => async ({ every, together }, ms) => {
      const room = (event: string) => crowd.say(JSON.stringify({ event, id: 'room', data: { sessionId } }))
      // More than are needed, for a machine that is slow: a tell that ends by itself has no figure.
      const pieces = Math.min(Math.ceil((ms + count * EACH + 1_000) * 3 / every), Math.floor(LONGEST / together / PIECE))
      const { tellId } = await call('/teams/tell', { toTeam: 'echo', timeout: -1, message: `!slow ${pieces} ${every} ${'x'.repeat(pieces * together * PIECE)}` })
      await reach(tellId!, 'running')
      await room('cache:subscribe')
      return async () => {
        const { state } = await call(`/tells/${tellId}`)
        await room('cache:unsubscribe')
        await call(`/tells/${tellId}/cancel`, {})
        if (state !== 'running') throw new Error('The answer was over too early')
        await rest(program)
      }
    })
    return {
      program,
      crowd,
      speak,
      async close () {
        await crowd.leave()
        await remove()
      }
    }
  } catch (err) {
    await remove()
    throw err
  }
}

/** Until a server has nothing left to do: what it does later is not to be on the other side's time. */
async function rest (program: Program): Promise<void> {
  for (let before = program.cpu(); ; before = program.cpu()) {
    await pause(LULL)
    if (!(program.cpu() - before > LULL / 4)) return
  }
}

/** One of the peers. */
export async function peerHall (cores: Cores, size: Size, { peer, path, greeting, directory }: {
  peer: 'room-ws' | 'room-socket-io'
  path: string
  /** What a client says to be let in. */
  greeting?: string
  directory: string
}): Promise<Hall> {
  const program = await startPeer(cores, peer, directory)
  try {
    const come = async (count: number) => {
      const crowd = await gather(program.url + path, { key: 'none', count })
      if (greeting !== undefined) await crowd.say(greeting)
      return crowd
    }
    const { crowd, speak } = await fill(size, come, () => async ({ every, together }) => {
      await ask(`${program.url}/emit?every=${every}&together=${together}`)
      return async () => { await ask(`${program.url}/stop`) }
    })
    return {
      program,
      crowd,
      speak,
      async close () {
        await crowd.leave()
        await program.end()
      }
    }
  } catch (err) {
    await program.end()
    throw err
  }
}
