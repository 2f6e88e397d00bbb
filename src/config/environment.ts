/** Environment variables, as a plain set of texts. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The only reader of the environment: the program takes it once and passes it on. */
export function environment (): Environment {
  return Object.freeze({ ...process.env })
}
