import type { Database } from 'better-sqlite3'
import type { Page, Paged } from './store.ts'

/** `SET` part of an update: only columns of the table given, booleans as 0 and 1, objects as JSON. */
export function assignments (columns: Readonly<Record<string, string>>, fields: Readonly<Record<string, unknown>>) {
  const given = Object.entries(fields)
  return {
    sql: given.map(([field]) => `${columns[field]!} = ?`).join(', '),
    values: given.map(([, value]) => typeof value === 'boolean' ? Number(value) : typeof value === 'object' && value !== null ? JSON.stringify(value) : value)
  }
}

/** A list of a table, newest first, a page at a time. `teams` narrows to what a key reaches. */
export function lister<Raw extends { n: number }, Row> (db: Database, table: string, toRow: (raw: Raw) => Row) {
  return (where: Readonly<Record<string, string | undefined>>, teams: readonly string[] | undefined, { cursor, limit }: Page): Paged<Row> => {
    const given = Object.entries(where).filter(([, value]) => value !== undefined)
    const conditions = given.map(([column]) => `${column} = ?`)
    const values: unknown[] = given.map(([, value]) => value)
    if (teams !== undefined) {
      conditions.push('team IN (SELECT value FROM json_each(?))')
      values.push(JSON.stringify(teams))
    }
    if (cursor !== undefined) {
      conditions.push('n < ?')
      values.push(cursor)
    }
    const sql = `SELECT * FROM ${table} ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''} ORDER BY n DESC LIMIT ?`
    const raws = db.prepare<unknown[], Raw>(sql).all(...values, limit + 1)
    const page = raws.slice(0, limit)
    return { rows: page.map(toRow), next: raws.length > limit ? page.at(-1)!.n : null }
  }
}
