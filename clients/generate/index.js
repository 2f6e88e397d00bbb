import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readTools } from './model.js'
import { writeJs } from './js.js'
import { writePython } from './python.js'

const root = new URL('../../', import.meta.url)
const read = name => JSON.parse(readFileSync(new URL(name, root), 'utf8'))

/** Every generated file: its path from the project's folder, and its text. */
export function generate () {
  const tools = readTools(read('openapi.json'))
  const errors = [...new Set(read('clients/fixtures/errors.json').bodies.map(({ error }) => error))]
  return { ...writeJs(tools, errors), ...writePython(tools, errors) }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(generate())) writeFileSync(new URL(path, root), text)
}
