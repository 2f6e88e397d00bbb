import { ForbiddenError } from './errors.ts'
import { holds, type Caller } from './tool.ts'

/** Whether a key may read the tells of others, beside its own. */
export const readsAll = (caller: Caller) => holds(caller, 'cache:read')

/** Throws ForbiddenError unless the tell is the caller's own or it may read others'. */
export function readable (caller: Caller, tell: { caller: string }): void {
  if (tell.caller !== caller.name && !readsAll(caller)) throw new ForbiddenError("This tell is another key's: reading it needs the permission 'cache:read'")
}
