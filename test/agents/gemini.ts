import type { Real } from './real.ts'

/** It names the file of a conversation by the minute, and finds none that it goes on with in the minute in which it began: a minute later by its clock. */
const LATER = `--import=data:text/javascript,${encodeURIComponent(`
  const Now = Date
  globalThis.Date = class extends Now {
    constructor (...all) { all.length > 0 ? super(...all) : super(Now.now() + 60_000) }
    static now () { return Now.now() + 60_000 }
  }
`)}`

export const gemini: Real = {
  denied: 'completed',
  resumes: true,
  forks: false,
  environment: (port, _home, again) => ({
    ...(again && { NODE_OPTIONS: LATER }),
    GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${port}`,
    GEMINI_API_KEY: 'sk-test-dummy',
    GEMINI_CLI_TRUST_WORKSPACE: 'true'
  }),
  more: { model: 'gemini-2.5-pro' },
  write: (path, content) => ({ use: 'write_file', input: { file_path: path, content } })
}
