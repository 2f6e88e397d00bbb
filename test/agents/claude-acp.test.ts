import { claudeEnvironment } from '../claude/isolation.ts'
import { realSuite } from './real.ts'

realSuite('claude-acp', {
  denied: 'completed',
  resumes: true,
  forks: true,
  environment: (port, home) => claudeEnvironment(home, port),
  write: (path, content) => ({ use: 'Write', input: { file_path: path, content } })
})
