import { claudeEnvironment } from '../claude/isolation.ts'
import type { Real } from './real.ts'

export const claudeAcp: Real = {
  denied: 'completed',
  resumes: true,
  forks: true,
  echoesErrors: true,
  environment: (port, home) => claudeEnvironment(home, port),
  write: (path, content) => ({ use: 'Write', input: { file_path: path, content } })
}
