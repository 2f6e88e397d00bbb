import type { Database } from 'better-sqlite3'
import type { DeliveryState, WebhookFormat } from '../../schemas/webhook.ts'
import { lister, updater } from './sql.ts'
import type { DeliveryRow, DeliveryTable, WebhookRow, WebhookTable } from './webhook-rows.ts'

interface RawWebhook { n: number, id: string, url: string, format: WebhookFormat, team: string, events: string | null, session_id: string | null, owner: string, secret: string, previous_secret: string | null, previous_until: number | null, cursor: number, created_at: number }

const COLUMNS = { secret: 'secret', previousSecret: 'previous_secret', previousUntil: 'previous_until', cursor: 'cursor' } as const

const toWebhook = (raw: RawWebhook): WebhookRow => ({
  id: raw.id,
  url: raw.url,
  format: raw.format,
  team: raw.team,
  events: raw.events === null ? null : JSON.parse(raw.events) as string[],
  session: raw.session_id,
  owner: raw.owner,
  secret: raw.secret,
  previousSecret: raw.previous_secret,
  previousUntil: raw.previous_until,
  cursor: raw.cursor,
  createdAt: raw.created_at
})

export function webhookTable (db: Database): WebhookTable {
  const insert = db.prepare(`INSERT INTO webhook (id, url, format, team, events, session_id, owner, secret, previous_secret, previous_until, cursor, created_at)
    VALUES (@id, @url, @format, @team, @events, @session, @owner, @secret, @previousSecret, @previousUntil, @cursor, @createdAt)`)
  const get = db.prepare<[string], RawWebhook>('SELECT * FROM webhook WHERE id = ?')
  const all = db.prepare<[], RawWebhook>('SELECT * FROM webhook ORDER BY n')
  const remove = db.prepare('DELETE FROM webhook WHERE id = ?')
  const list = lister<RawWebhook, WebhookRow>(db, 'webhook', toWebhook)

  return {
    insert: row => { insert.run({ ...row, events: row.events && JSON.stringify(row.events) }) },
    get: id => { const raw = get.get(id); return raw && toWebhook(raw) },
    all: () => all.all().map(toWebhook),
    list: ({ teams }, page) => list({}, teams, page),
    update: updater(db, 'webhook', 'id', COLUMNS),
    remove: id => { remove.run(id) }
  }
}

interface RawDelivery { n: number, webhook_id: string, seq: number, event: string, team: string, session_id: string, state: DeliveryState, attempts: number, recent: string, due_at: number, created_at: number }

const toDelivery = (raw: RawDelivery): DeliveryRow => ({
  webhookId: raw.webhook_id,
  seq: raw.seq,
  event: raw.event,
  team: raw.team,
  sessionId: raw.session_id,
  state: raw.state,
  attempts: raw.attempts,
  recent: JSON.parse(raw.recent) as DeliveryRow['recent'],
  dueAt: raw.due_at,
  createdAt: raw.created_at
})

export function deliveryTable (db: Database): DeliveryTable {
  const put = db.prepare(`INSERT INTO webhook_delivery (webhook_id, seq, event, team, session_id, state, attempts, recent, due_at, created_at)
    VALUES (@webhookId, @seq, @event, @team, @sessionId, 'pending', 0, '[]', @createdAt, @createdAt)
    ON CONFLICT (webhook_id, seq) DO UPDATE SET state = 'pending', attempts = 0, due_at = excluded.due_at, created_at = excluded.created_at`)
  const count = db.prepare<[string, string], number>('SELECT count(*) FROM webhook_delivery WHERE webhook_id = ? AND state = ?').pluck()
  const oldest = db.prepare<[string], number | null>("SELECT min(created_at) FROM webhook_delivery WHERE webhook_id = ? AND state = 'pending'").pluck()
  // Of the other columns SQLite takes those of the row that has the minimum.
  const heads = db.prepare<[string, number], RawDelivery>(`SELECT *, min(seq) FROM webhook_delivery
    WHERE webhook_id = ? AND state = 'pending' GROUP BY session_id ORDER BY due_at, seq LIMIT ?`)
  const update = db.prepare('UPDATE webhook_delivery SET state = ?, attempts = ?, recent = ?, due_at = ? WHERE webhook_id = ? AND seq = ?')
  const revive = db.prepare(`UPDATE webhook_delivery SET state = 'pending', attempts = 0, due_at = @now, created_at = @now
    WHERE webhook_id = @webhookId AND state = 'dead' AND seq >= @seq`)
  const drop = db.prepare("DELETE FROM webhook_delivery WHERE created_at < ? AND state <> 'pending'")
  const dropMore = db.prepare(`DELETE FROM webhook_delivery WHERE webhook_id = @id AND state <> 'pending' AND n <=
    (SELECT n FROM webhook_delivery WHERE webhook_id = @id AND state <> 'pending' ORDER BY n DESC LIMIT 1 OFFSET @max)`)
  const ids = db.prepare<[], string>('SELECT id FROM webhook').pluck()
  const list = lister<RawDelivery, DeliveryRow>(db, 'webhook_delivery', toDelivery)

  return {
    put: row => { put.run(row) },
    count: (webhookId, state) => count.get(webhookId, state)!,
    oldest: webhookId => oldest.get(webhookId) ?? undefined,
    heads: (webhookId, limit) => heads.all(webhookId, limit).map(toDelivery),
    update: (webhookId, seq, { state, attempts, recent, dueAt }) => { update.run(state, attempts, JSON.stringify(recent), dueAt, webhookId, seq) },
    list: ({ webhookId, state }, page) => list({ webhook_id: webhookId, state }, undefined, page),
    revive: (webhookId, seq, now) => revive.run({ webhookId, seq, now }).changes,
    trim (before, max) {
      drop.run(before)
      for (const id of ids.all()) dropMore.run({ id, max })
    }
  }
}
