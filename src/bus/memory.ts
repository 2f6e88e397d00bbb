import type { Afterwards, Bus, Hearer } from './bus.ts'

/** Within one process. `onError` hears what a subscriber threw. */
export function createMemoryBus ({ onError }: { onError: (err: unknown) => void }): Bus {
  const rooms = new Map<string, Set<Hearer>>()

  return {
    publish (run) {
      const [{ sessionId, team }] = run
      for (const room of [`session:${sessionId}`, `team:${team}`, 'all']) {
        const members = rooms.get(room)
        if (members === undefined) continue
        const rest: Afterwards[] = []
        for (const member of members) {
          try {
            const then = member.hear(run)
            if (then && then !== rest.at(-1)) rest.push(then)
          } catch (err) { onError(err) }
        }
        for (const then of rest) {
          try { then() } catch (err) { onError(err) }
        }
      }
    },
    subscribe (room, deliver) {
      const members = rooms.get(room) ?? new Set()
      const member = typeof deliver === 'function' ? { hear: deliver } : deliver
      rooms.set(room, members.add(member))
      return () => {
        members.delete(member)
        if (members.size === 0 && rooms.get(room) === members) rooms.delete(room)
      }
    }
  }
}
