import { Channel, type End, type Surroundings } from './channel.ts'
import { createDispatch, type DispatchOptions } from './dispatch.ts'
import type { Peer } from './peer.ts'
import { createRevision } from './revision.ts'

export interface ChannelsOptions extends DispatchOptions, Pick<Surroundings, 'version' | 'clock' | 'call'> {
  instructions?: string
}

export type Channels = ReturnType<typeof createChannels>

/** Opens channels, whatever carries their messages. What they work with is made for the first one. */
export function createChannels ({ clock, call, version, instructions, ...options }: ChannelsOptions) {
  let made: Surroundings | undefined
  const make = (): Surroundings => ({
    dispatch: createDispatch(options),
    revision: createRevision({ version, ...(instructions !== undefined && { instructions }) }),
    version,
    instructions,
    clock,
    call
  })
  return {
    open: (peer: Peer, end: End) => new Channel(peer, end, made ??= make())
  }
}
