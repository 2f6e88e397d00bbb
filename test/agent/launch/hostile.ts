import type { Random } from '../../soak/random.ts'

/** Words that are something else to a shell, an option parser or a line reader. */
export const HOSTILE: readonly string[] = [
  '', ' ', '  two  ', "'", "''", "'\\''", '"', '\\', '\\\\', '\\n', '\n', 'a\nb', '\n\n', '\t', '\r\n', '$(touch pwned)', '`touch pwned`', '$HOME', '${HOME}', // eslint-disable-line no-template-curly-in-string
  ';touch pwned', '&& touch pwned', '| touch pwned', '> pwned', '& touch pwned &', '-n', '--', '-o ProxyCommand=touch pwned', '-oProxyCommand=touch pwned', '*', '?', '[a-z]', '~', '~root', '!!', '!x', '#', '# not a comment',
  '%h', '%s\\0%d', '{a,b}', '(', ')', '<(ls)', '\x01\x02\x1b[31m', '\x7f', 'é', '世界', '\u{1F30D}', '\u2028', "'; touch pwned; '", "$'\\x41'", 'a'.repeat(5000), 'exit', 'IRIS', '=', 'A=b'
]

const PIECES = [...HOSTILE, 'a', 'Z', '0', '/', '.', ',', ':', '@', '+']

/** Some pieces of these put together. */
export const hostileWord = (random: Random): string => Array.from({ length: random.below(6) }, () => random.pick(PIECES)).join('')
