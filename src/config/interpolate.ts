import type { Environment } from './environment.ts'

type Lookup = (name: string) => string | undefined

const OPEN = '${'
const ESCAPED = '$${'

/**
 * Puts environment variables into a text: `${NAME}`, or `${NAME:-default}` where it may be unset or empty.
 * The default may hold further ones. `$${` stands for a literal `${`.
 * Throws an Error whose message names the variable and the fix.
 */
export function interpolate (text: string, env: Environment): string {
  return scan(text, 0, name => Object.hasOwn(env, name) ? env[name] : undefined, false).value
}

/** Whether there is anything for `interpolate` to do. */
export function hasReference (text: string): boolean {
  return text.includes(OPEN)
}

/** Reads from `at` to the end or, inside of a default, to the closing brace. */
function scan (text: string, at: number, look: Lookup, nested: boolean): { value: string, end: number } {
  let value = ''
  while (at < text.length) {
    if (text.startsWith(ESCAPED, at)) {
      value += OPEN
      at += ESCAPED.length
    } else if (text.startsWith(OPEN, at)) {
      const reference = resolve(text, at, look)
      value += reference.value
      at = reference.end
    } else if (nested && text[at] === '}') {
      return { value, end: at }
    } else {
      value += text[at++]
    }
  }
  return { value, end: at }
}

function resolve (text: string, start: number, look: Lookup): { value: string, end: number } {
  const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(text.slice(start + OPEN.length))?.[0]
  const shown = text.slice(start, start + 30)
  if (name === undefined) throw new Error(`'${shown}' names no variable; write $\${ for a literal \${`)
  const found = look(name)
  let at = start + OPEN.length + name.length
  let fallback: string | undefined
  if (text.startsWith(':-', at)) {
    // An unset variable inside of a default that is not needed is no error.
    const inner = scan(text, at + 2, found ? () => '' : look, true)
    fallback = inner.value
    at = inner.end
  }
  if (text[at] !== '}') throw new Error(`'${shown}' is not \${NAME} or \${NAME:-default}; write $\${ for a literal \${`)
  const value = fallback === undefined ? found : found || fallback
  if (value === undefined) throw new Error(`the environment variable ${name} is not set; set it, or give a default: \${${name}:-…}`)
  return { value, end: at + 1 }
}
