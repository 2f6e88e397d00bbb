import t from 'tap'
import { join } from 'node:path'
import { acp } from '../../src/agent/acp.ts'
import { agentSuite } from './abstract.ts'
import { peer } from './acp-lab.ts'
import { words } from './words.ts'

agentSuite(t, 'acp that loads', {
  ...words,
  create: acp.create,
  start: (_t, directory) => ({ command: process.execPath, args: [peer], env: { PATH: process.env.PATH ?? '', PEER_HOME: join(directory, 'peer'), PEER_LACKS: 'resume,fork' } }),
  edits: false,
  forks: false
})
