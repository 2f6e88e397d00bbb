import type { Subject } from './abstract.ts'

/** What the echo agent and the scripted peer have in common. */
export const words: Omit<Subject, 'create' | 'start' | 'edits'> = {
  answerTo: message => `echo: ${message}`,
  pieces: text => `!slow 9 1 ${text}`,
  endless: '!slow 10000 20 ' + 'endless '.repeat(2000),
  write: (path, content) => `!ask Write ${JSON.stringify({ file_path: path, content })}`,
  denied: 'completed',
  resumes: true,
  forks: true,
  heard: async tell => (await tell('!history')).answer.join()
}
