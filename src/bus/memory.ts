import type { StoredEvent } from '../../schemas/event.ts'
import type { Bus, Deliver, Published } from './bus.ts'

/** Within one process. `onError` hears what a subscriber threw. */
export function createMemoryBus ({ onError }: { onError: (err: unknown) => void }): Bus {
  const rooms = new Map<string, Set<Deliver>>()

  return {
    publish (event) {
      const { sessionId, team } = event.data
      const published = publishedOf(event)
      for (const room of [`session:${sessionId}`, `team:${team}`, 'all']) {
        for (const deliver of rooms.get(room) ?? []) {
          try { deliver(published) } catch (err) { onError(err) }
        }
      }
    },
    subscribe (room, deliver) {
      const members = rooms.get(room) ?? new Set()
      rooms.set(room, members.add(deliver))
      return () => {
        members.delete(deliver)
        if (members.size === 0 && rooms.get(room) === members) rooms.delete(room)
      }
    }
  }
}

function publishedOf (event: StoredEvent): Published {
  let text: string | undefined
  return { event, text: () => text ??= JSON.stringify({ event: event.event, data: event.data, seq: event.seq }) }
}
