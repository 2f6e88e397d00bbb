import t from 'tap'
import { createEcho } from '../../src/agent/echo.ts'
import { agentSuite } from './abstract.ts'
import { words } from './words.ts'

agentSuite(t, 'echo', { ...words, create: createEcho, start: () => ({}), edits: true })
