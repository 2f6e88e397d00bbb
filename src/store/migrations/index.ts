import { start } from './001-start.ts'
import { approval } from './002-approval.ts'
import { idempotency } from './003-idempotency.ts'
import { retention } from './004-retention.ts'
import { audit } from './005-audit.ts'
import { fork } from './006-fork.ts'
import { child } from './007-child.ts'
import { secret } from './008-secret.ts'
import { totals } from './009-totals.ts'
import { parts } from './010-parts.ts'
import { webhook } from './020-webhook.ts'
import { sums } from './021-sums.ts'
import { oneIndex } from './022-one-index.ts'
import { counted } from './023-counted.ts'

/** In order. A released one is never edited: the number of those applied is the file's `user_version`. */
export const migrations: readonly string[] = [start, approval, idempotency, retention, audit, fork, child, secret, totals, parts, webhook, sums, oneIndex, counted]
