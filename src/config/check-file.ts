import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import { ConfigFile } from '../../schemas/config.ts'

export const RULES: Options = { meta: false, validateSchema: false, useDefaults: true, strict: true, allowUnionTypes: true, allErrors: true, verbose: true, validateFormats: false }

let valid: ValidateFunction | undefined

/**
 * All that is wrong with what a configuration file says; what it does not say is put in. In the program as it is shipped the
 * code that Ajv makes of the schema stands in the place of this file: to make it takes longer than all the rest of a start.
 */
export function checkFile (raw: unknown): readonly ErrorObject[] {
  // Used once in a run: making its code shorter would take longer than running it.
  valid ??= new Ajv2020({ ...RULES, code: { optimize: false } }).compile(ConfigFile)
  return valid(raw) ? [] : valid.errors!
}
