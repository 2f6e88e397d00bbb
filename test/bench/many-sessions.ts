import { Agent } from 'node:http'
import { join } from 'node:path'
import type { Cores } from './cores.ts'
import { createSite, type Iris } from './iris.ts'
import { rounds, type Measure } from './measure.ts'
import { openPipe, type Pipe } from './pipe.ts'
import { tellIris } from './tell.ts'

const MESSAGE = 'How many endpoints are there?'
/** A round of each session: a part of the tells of one alone. */
const SHARE = 10
/** Rounds that go before the first. */
const WARM_UP = 4

interface Side {
  /** A tell in each session; resolves to its answer. */
  readonly tells: ReadonlyArray<() => Promise<string>>
  readonly rates: number[]
}

/** Many sessions at once, in each a tell after the other, against the same on the pipes of as many agents. */
export function createCrowd (cores: Cores, profile?: string): Measure {
  return {
    name: 'crowd',
    what: 'tells in fifty sessions at once, beside the pipes of as many agents',
    async run ({ rounds: count, tells, pairs: sessions }) {
      const site = createSite(cores, profile, { settings: { maxProcesses: sessions + 1, spawnTimeout: '60s' } })
      const agent = new Agent({ keepAlive: true, maxSockets: sessions })
      const pipes: Pipe[] = []
      let iris: Iris | undefined
      try {
        // Each pipe listens for the end of this process.
        process.setMaxListeners(Math.max(process.getMaxListeners(), sessions + 10))
        iris = await site.start()
        const { url, key } = iris
        const speakers = Array.from({ length: sessions }, (_, n) => `speaker-${n}`)
        const ours: Side = { tells: speakers.map(fromTeam => () => tellIris(url, { key, agent }, { message: MESSAGE, fromTeam })), rates: [] }
        // One after the other: so many that start at once may be late.
        for (const tell of ours.tells) await tell()
        for (const name of speakers) pipes.push(await openPipe(cores, join(site.directory, name)))
        const limit: Side = { tells: pipes.map(({ tell }) => () => tell(MESSAGE)), rates: [] }
        const each = Math.max(2, Math.round(tells / SHARE))
        // What has just started is slow, for thousands of tells.
        if (count > 1) for (const { tells } of [ours, limit]) await rate(tells, WARM_UP * each)
        for (const { tells, rates } of rounds(count, [ours, limit])) rates.push(await rate(tells, each))
        return [{
          measure: `tells in ${sessions} sessions at once`, unit: 'tells/s', ours: ours.rates, limit: limit.rates, against: 'the pipes of as many agents', goal: { of: 'ratio', atLeast: 0.5 }
        }]
      } finally {
        agent.destroy()
        await Promise.all([iris?.end(), ...pipes.map(pipe => pipe.end())])
        site.remove()
      }
    }
  }
}

/** Tells answered per s. */
async function rate (tells: Side['tells'], each: number): Promise<number> {
  const began = performance.now()
  await Promise.all(tells.map(async tell => {
    for (let n = 0; n < each; n++) {
      const answer = await tell()
      if (answer !== `echo: ${MESSAGE}`) throw new Error(`The echo agent answered ${answer}`)
    }
  }))
  return tells.length * each / (performance.now() - began) * 1_000
}
