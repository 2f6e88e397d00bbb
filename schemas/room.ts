import { Type } from '@sinclair/typebox'

/** What can be listened to. */
export const Room = Type.String({
  pattern: '^(session:[0-9a-f-]{36}|team:(\\*|[a-z0-9][a-z0-9_.-]{0,63}))$',
  description: '`session:<id>`: what is said in a session (cache:read) · `team:<name>` or `team:*`: its processes (status)'
})
export const Rooms = Type.Array(Room, { minItems: 1, maxItems: 100, description: 'Absent: all that the key may hear' })
