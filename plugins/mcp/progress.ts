import type { Progress } from '../../src/tool.ts'

/** The params of notifications/progress, without the token. */
export interface Note {
  progress: number
  message: string
  _meta: Record<string, unknown>
}

/**
 * What a call emits, as progress: the start of a tell with its ids, then the answer as it grows, and what it waits for. How a tell ended is the
 * result's to say. `_meta` says where a chunk goes, for a client that puts the answer together.
 */
function words ({ event, data }: Progress): Pick<Note, 'message' | '_meta'> | undefined {
  const { tellId } = data
  switch (event) {
    case 'tell:started': return { message: `Started: ${JSON.stringify(data)}`, _meta: { event, tellId } }
    case 'tell:chunk': return { message: data.chunk, _meta: { event, tellId, offset: data.offset } }
    case 'approval:requested': return { message: `Waits for permission: ${data.tool}`, _meta: { event, tellId, approvalId: data.approvalId } }
  }
}

/** The number only ever grows, and nothing is said after the end. */
export function progressOf (notify: (note: Note) => void) {
  let progress = 0
  let ended = false
  return {
    emit (what: Progress): void {
      const said = ended ? undefined : words(what)
      if (said !== undefined) notify({ progress: ++progress, ...said })
    },
    end (): void { ended = true }
  }
}
