import type { Real } from './real.ts'

export const opencode: Real = {
  denied: 'completed',
  resumes: true,
  forks: true,
  environment: (port, home) => ({
    XDG_DATA_HOME: `${home}/data`,
    XDG_CONFIG_HOME: `${home}/config`,
    XDG_CACHE_HOME: `${home}/cache`,
    XDG_STATE_HOME: `${home}/state`,
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_CONFIG_CONTENT: JSON.stringify({
      model: 'stub/stub-model',
      small_model: 'stub/stub-model',
      share: 'disabled',
      provider: { stub: { npm: '@ai-sdk/openai-compatible', options: { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'sk-test-dummy' }, models: { 'stub-model': { name: 'Stub' } } } }
    })
  }),
  write: (filePath, content) => ({ use: 'write', input: { filePath, content } })
}
