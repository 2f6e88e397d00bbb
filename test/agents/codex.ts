import { mkdirSync } from 'node:fs'
import type { Real } from './real.ts'

export const codex: Real = {
  denied: 'failed',
  resumes: true,
  forks: true,
  environment (port, home) {
    mkdirSync(`${home}/codex`, { recursive: true })
    return {
      CODEX_HOME: `${home}/codex`,
      OPENAI_API_KEY: 'sk-test-dummy',
      MODEL_PROVIDER: 'stub',
      CODEX_CONFIG: JSON.stringify({
        model: 'gpt-5.2-codex',
        model_provider: 'stub',
        model_providers: { stub: { name: 'Stub', base_url: `http://127.0.0.1:${port}/v1`, wire_api: 'responses', env_key: 'OPENAI_API_KEY', supports_websockets: false } },
        analytics: { enabled: false }
      })
    }
  },
  write: (path, content) => ({ use: 'exec_command', input: { cmd: `printf %s '${content}' > '${path}'`, sandbox_permissions: 'require_escalated', justification: 'to keep it' } })
}
