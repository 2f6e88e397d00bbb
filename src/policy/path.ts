import { readlinkSync } from 'node:fs'
import { dirname, isAbsolute, join, normalize, parse, resolve, sep } from 'node:path'
import { matchesPath } from './pattern.ts'

/** Fields of a tool's input that name a file or directory. */
const NAMES = /(path|paths|file|files|filename|dir|directory|folder|root|cwd|source|destination|target|uri|url)$/i
/** Fields that select files below a path, and could lead out of it. */
const SELECTS = /(^|_)(pattern|glob)$/i
const MAX_LINKS = 40
const MAX_PATH = 4096
/** Paths of one input that are looked at; more cannot be judged. */
const MAX_PATHS = 200

/**
 * Whether the paths in a tool's input are those of a rule. To allow, all must lead there, however they are written and
 * through whatever links, and there must be one; what cannot be judged is not there. To ask or deny, one is enough, however
 * it is written, in whatever case; what cannot be judged counts as one. Judged when it is asked: a link that is made afterwards is not seen.
 */
export function pathsMatch (pattern: string, input: Record<string, unknown>, directory: string, allow: boolean): boolean {
  const named = textsUnder(NAMES, input)
  const paths = named.length > MAX_PATHS ? [null] : named.map(raw => placesOf(raw, directory))
  const base = follow(directory)
  if (!allow) {
    const patterns = [directory, base ?? directory].map(from => fold(resolve(from, pattern)))
    return paths.some(places => places === null || places.some(place => patterns.some(one => matchesPath(one, fold(place)))))
  }
  if (base === null || paths.length === 0 || textsUnder(SELECTS, input).some(leavesItsPath)) return false
  const wanted = resolve(base, pattern)
  return paths.every(places => places !== null && places.slice(1).every(place => matchesPath(wanted, place)))
}

/** All texts below the fields of these names, at any depth. */
function textsUnder (names: RegExp, value: unknown, named = false): string[] {
  if (typeof value === 'string') return named ? [value] : []
  if (Array.isArray(value)) return value.flatMap(one => textsUnder(names, one, named))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => textsUnder(names, one, named || names.test(key)))
}

/** A path as it is written, made absolute, then where it leads: with `..` taken out first, as programs do, and last, as the system does. Null where that is not sure. */
function placesOf (raw: string, directory: string): string[] | null {
  if (raw === '' || raw.length > MAX_PATH || raw !== raw.trim() || !plain(raw)) return null
  const written = isAbsolute(raw) ? raw : directory + sep + raw
  const places = [normalize(written), follow(normalize(written)), follow(written)]
  return places.every(place => place !== null) ? places : null
}

/** Programs take these for a home directory, an address, or the path's end. */
function plain (text: string): boolean {
  return !text.startsWith('~') && !/^[a-z][a-z0-9+.-]+:/i.test(text) && !(sep === '/' && text.includes('\\')) && [...text].every(letter => letter >= ' ' && letter !== '\x7f')
}

const leavesItsPath = (text: string) => isAbsolute(text) || !plain(text) || text.includes('..')

/** Names that differ by case or by how an accent is written are one file on some systems. */
const fold = (path: string) => path.normalize('NFC').toLowerCase()

/** Where an absolute path leads once all links are followed, also where its end does not exist yet. Null where links run in a circle or may not be read. */
function follow (path: string): string | null {
  let at = parse(path).root
  const steps = path.slice(at.length).split(sep)
  for (let links = 0; steps.length > 0;) {
    const step = steps.shift()!
    if (step === '' || step === '.') continue
    if (step === '..') {
      at = dirname(at)
      continue
    }
    const next = join(at, step)
    const target = linkAt(next)
    if (target === undefined) {
      at = next
      continue
    }
    if (target === null || ++links > MAX_LINKS) return null
    steps.unshift(...target.split(sep))
    if (isAbsolute(target)) at = parse(target).root
  }
  return at
}

/** What a link holds; undefined where it is none, or nothing is there; null where that cannot be known. */
function linkAt (path: string): string | null | undefined {
  try {
    return readlinkSync(path)
  } catch (err) {
    return ['EINVAL', 'ENOENT', 'ENOTDIR', 'UNKNOWN'].includes((err as NodeJS.ErrnoException).code ?? '') ? undefined : null
  }
}
