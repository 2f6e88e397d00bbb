import { createRequire } from 'node:module'
import type * as Ajv from 'ajv/dist/2020.js'

const require = createRequire(import.meta.url)

/** Loaded at the first call: it is a hundred files, which no start needs. */
export function createAjv (options: Ajv.Options): Ajv.Ajv2020 {
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof Ajv
  return new Ajv2020(options)
}
