import { realSuite } from './real.ts'
import { claudeAcp } from './claude-acp.ts'

realSuite('claude-acp', claudeAcp)
