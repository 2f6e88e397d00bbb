import t, { type Test } from 'tap'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KINDS } from '../../src/agent/kinds.ts'
import { agentSuite, type Subject } from './abstract.ts'

const peer = fileURLToPath(new URL('../fixtures/acp-peer.js', import.meta.url))

/** What the echo agent and the scripted peer have in common. */
const words: Omit<Subject, 'create' | 'start' | 'edits'> = {
  answerTo: message => `echo: ${message}`,
  pieces: text => `!slow 9 1 ${text}`,
  endless: '!slow 10000 20 ' + 'endless '.repeat(2000),
  write: (path, content) => `!ask Write ${JSON.stringify({ file_path: path, content })}`,
  denied: 'completed',
  resumes: true,
  forks: true,
  heard: async tell => (await tell('!history')).answer.join()
}

agentSuite(t, 'echo', {
  ...words,
  create: options => KINDS.get('echo')!.create(options),
  start: () => ({}),
  edits: true
})

const startPeer = (more: Record<string, string> = {}) => (_t: Test, directory: string) =>
  ({ command: process.execPath, args: [peer], env: { PATH: process.env.PATH ?? '', PEER_HOME: join(directory, 'peer'), ...more } })

const acp = { ...words, create: KINDS.get('acp')!.create, edits: false }
agentSuite(t, 'acp', { ...acp, start: startPeer() })
agentSuite(t, 'acp that loads', { ...acp, start: startPeer({ PEER_LACKS: 'resume,fork' }), forks: false })
