import { realSuite } from './real.ts'

realSuite('gemini', {
  denied: 'completed',
  resumes: false,
  forks: false,
  environment: port => ({
    GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${port}`,
    GEMINI_API_KEY: 'sk-test-dummy',
    GEMINI_CLI_TRUST_WORKSPACE: 'true'
  }),
  more: { model: 'gemini-2.5-pro' },
  write: (path, content) => ({ use: 'write_file', input: { file_path: path, content } })
})
