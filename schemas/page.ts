import { Type } from '@sinclair/typebox'

/** Fields of every list: newest first, `next` is the cursor of the following page. */
export const Paging = {
  cursor: Type.Optional(Type.Integer({ minimum: 1, description: 'The `next` of the page before' })),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 })
}
export const Next = Type.Optional(Type.Integer({ description: 'Cursor of the next page; absent on the last one' }))
