import neostandard from 'neostandard'
import tseslint from 'typescript-eslint'

export default [
  { ignores: ['**/dist/', '.cache/', '.tap/', 'node_modules/', '.iris/'] },
  ...neostandard({ ts: true }),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      'no-void': ['error', { allowAsStatement: true }],
      // `reject(signal.reason as Error)` and `closing ??= close()` say what they mean
      'prefer-promise-reject-errors': 'off',
      'no-return-assign': 'off',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-redeclare': 'off'
    }
  },
  {
    // tap and node:test run and await their subtests themselves
    files: ['test/**/*.ts', 'clients/**/test/*.ts'],
    rules: { '@typescript-eslint/no-floating-promises': 'off' }
  }
]
