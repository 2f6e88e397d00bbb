import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node, type Pair, type Scalar } from 'yaml'
import type { TSchema } from '@sinclair/typebox'
import type { Environment } from './environment.ts'
import { hasReference, interpolate } from './interpolate.ts'
import { schemaAt, type Problem, type Step } from './problems.ts'

/** A YAML file with its environment variables put in. */
export interface Reading {
  value: unknown
  problems: Problem[]
  /** The line of what lies there, or of its nearest surrounding, from 1; 0 where it is not known. */
  line (problem: Problem): number
}

/** Reads YAML text. A value that holds a variable becomes a number or boolean where `schema` wants no text and it stands without quotes. */
export function readDocument (text: string, env: Environment, schema: TSchema): Reading {
  const lines = new LineCounter()
  const lineAt = (at: number | undefined) => at === undefined ? 0 : lines.linePos(at).line
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  // What follows the first mistake is mostly its consequence.
  const [error] = document.errors
  if (error !== undefined) {
    const found = error.code === 'DUPLICATE_KEY'
      ? `the key '${/^[^:\s]+/.exec(text.slice(error.pos[0]))?.[0] ?? ''}' is there twice`
      : `not YAML: ${error.message}`
    return { value: undefined, problems: [{ path: [], text: found }], line: () => lineAt(error.pos[0]) }
  }
  const problems = interpolateScalars(document, env, schema)
  let value: unknown
  try {
    value = withoutEmpty(document.toJS())
  } catch (err) {
    problems.push({ path: [], text: (err as Error).message })
  }
  return { value, problems, line: problem => lineAt(offset(document, problem)) }
}

function interpolateScalars (document: Document, env: Environment, schema: TSchema): Problem[] {
  const problems: Problem[] = []
  visit(document, {
    Scalar (key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !hasReference(node.value)) return
      const path = pathOf(key, ancestors)
      try {
        const text = interpolate(node.value, env)
        node.value = node.type === 'PLAIN' && schemaAt(schema, path)?.type !== 'string' ? typed(text) : text
      } catch (err) {
        problems.push({ path, text: `'${path.join('.')}': ${(err as Error).message}` })
      }
    }
  })
  return problems
}

/** As YAML reads a scalar without quotes. */
function typed (text: string): string | number | boolean | null {
  if (text === '') return null
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  return /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function pathOf (key: unknown, ancestors: readonly unknown[]): Step[] {
  const path: Step[] = []
  ancestors.forEach((ancestor, i) => {
    const child = ancestors[i + 1]
    if (isSeq(ancestor)) path.push(child === undefined ? Number(key) : ancestor.items.indexOf(child))
    if (isMap(ancestor)) path.push(String(((child as Pair).key as Scalar).value))
  })
  return path
}

/** A key with nothing behind it counts as absent: all below it may be commented out. */
function withoutEmpty (value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null).map(([key, one]) => [key, withoutEmpty(one)]))
}

function offset (document: Document, { path, key }: Problem): number | undefined {
  let node: unknown = document.contents
  let at = (node as Node | null)?.range?.[0]
  for (const step of key === undefined ? path : [...path, key]) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(one => isScalar(one.key) && String(one.key.value) === step)
      if (pair === undefined) return at
      at = (pair.key as Scalar).range?.[0] ?? at
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      at = (node as Node | undefined)?.range?.[0] ?? at
    }
  }
  return at
}
