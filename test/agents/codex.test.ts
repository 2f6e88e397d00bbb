import { realSuite } from './real.ts'
import { codex } from './codex.ts'

realSuite('codex', codex)
