import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import { ConfigFile } from '../../schemas/config.ts'
import { RULES } from '../config/check-file.ts'

/** What stands in the place of src/config/check-file.ts: the same check, compiled. */
export function checkFileCode (): string {
  const ajv = new Ajv2020({ ...RULES, code: { source: true, esm: true } })
  return `${standalone.default(ajv, ajv.compile(ConfigFile))}
export function checkFile (raw) { return validate(raw) ? [] : validate.errors }
`
}
