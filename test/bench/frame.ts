import * as ws from 'ws'

// Its types do not tell of it.
const { Sender } = ws as unknown as { Sender: { frame (data: Buffer, options: object): Buffer[] } }

/** A text frame of a server, in the pieces that `ws` makes it of. */
export const frameOf = (payload: Buffer) => Sender.frame(payload, { fin: true, opcode: 1, mask: false, readOnly: false, rsv1: false })
