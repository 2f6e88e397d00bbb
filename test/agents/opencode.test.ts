import { realSuite } from './real.ts'
import { opencode } from './opencode.ts'

realSuite('opencode', opencode)
