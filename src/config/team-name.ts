/** A key's name made a valid team name, which it speaks as: `CI/CD Pipeline` as `ci-cd-pipeline`. */
export function teamNameOf (name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9_.-]+/g, '-').replace(/^[^a-z0-9]+/, '').replace(/-+$/, '').slice(0, 64) || 'key'
}

interface Speaker { readonly name: string, readonly as?: readonly string[] | undefined }

/** Of those, the key that would speak as the same team, and so share its conversations, where neither says whom it speaks as. */
export function namesake<S extends Speaker> (key: Speaker, others: readonly S[]): S | undefined {
  if (key.as !== undefined) return undefined
  const self = teamNameOf(key.name)
  return others.find(({ name, as }) => as === undefined && teamNameOf(name) === self)
}
