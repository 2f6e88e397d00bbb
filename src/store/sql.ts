import type { Database, Statement } from 'better-sqlite3'
import type { Page, Paged } from './store.ts'

/** Updates rows of a table by the column `key`: only the columns given, booleans as 0 and 1, objects as JSON. */
export function updater (db: Database, table: string, key: string, columns: Readonly<Record<string, string>>) {
  const statements = new Map<string, Statement>()
  return (id: string, fields: Readonly<Record<string, unknown>>): void => {
    const names = Object.keys(fields)
    const set = names.join()
    let statement = statements.get(set)
    if (statement === undefined) {
      statement = db.prepare(`UPDATE ${table} SET ${names.map(name => `${columns[name]!} = ?`).join(', ')} WHERE ${key} = ?`)
      statements.set(set, statement)
    }
    statement.run(...Object.values(fields).map(toSql), id)
  }
}

function toSql (value: unknown): unknown {
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}

/** A list of a table, newest first, a page at a time. `teams` narrows to what a key reaches. */
export function lister<Raw extends { n: number }, Row> (db: Database, table: string, toRow: (raw: Raw) => Row, columns = '*') {
  const statements = new Map<string, Statement<unknown[], Raw>>()
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
    const sql = `SELECT ${columns} FROM ${table} ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''} ORDER BY n DESC LIMIT ?`
    const statement = statements.get(sql) ?? db.prepare<unknown[], Raw>(sql)
    statements.set(sql, statement)
    const raws = statement.all(...values, limit + 1)
    const page = raws.slice(0, limit)
    return { rows: page.map(toRow), next: raws.length > limit ? page.at(-1)!.n : null }
  }
}
