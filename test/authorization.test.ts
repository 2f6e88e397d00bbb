import { randomUUID } from 'node:crypto'
import t from 'tap'
import { PERMISSIONS, type KeyGrant, type Permission } from '../schemas/key.ts'
import type { Wiring } from '../src/services.ts'
import { tools } from '../src/tools/index.ts'
import { openKey } from './fixtures/key.ts'
import { openQuestion } from './fixtures/question.ts'
import { never, run } from './fixtures/running.ts'
import { transports, type Connection } from './fixtures/transports.ts'
import { sample } from './fixtures/sample.ts'
import { ADDRESS, openWebhook } from './fixtures/webhook.ts'

t.test('every tool, with every kind of key, on every transport', async t => {
  const server = await run(t, { teams: { echo: { permissions: 'ask' }, other: {} } })
  const { services, makeKey } = server

  const revoked = makeKey({ name: 'revoked' })
  services.keys.revoke('revoked')
  const common: [string, string | null, string][] = [
    ['no key', null, 'UnauthorizedError'],
    ['a wrong key', 'iris_sk_wrong', 'UnauthorizedError'],
    ['a revoked key', revoked, 'UnauthorizedError'],
    ['an expired key', makeKey({ name: 'expired', expiresAt: 1 }), 'UnauthorizedError']
  ]

  for (const [via, connect] of Object.entries(transports)) {
    await t.test(via, async t => {
      for (const [kind, key, error] of common) {
        const { call, close } = await connect(server.url, key)
        for (const tool of tools) {
          const answer = await call(tool.name, sample(tool, {}))
          t.match(answer, { ok: false, body: { error, statusCode: 401 } }, `${tool.name} with ${kind}`)
        }
        await close()
      }

      // One connection for each set of grants: the tools that need the same share it.
      const open = new Map<string, Promise<Connection>>()
      const as = (grant: Partial<KeyGrant>) => {
        const name = `${via} ${JSON.stringify(grant)}`
        const found = open.get(name) ?? connect(server.url, makeKey(grant))
        open.set(name, found)
        return found
      }

      for (const tool of tools) {
        const needed = [tool.permission].flat() as Permission[]
        const others = PERMISSIONS.filter(one => one !== 'admin' && !needed.includes(one))
        const known = { teamName: 'echo', toTeam: 'echo', team: 'echo', message: 'hello', url: ADDRESS, permissions: ['status'] }
        const input = sample(tool, { ...known, ...tool.input.required!.includes('webhookId') ? { webhookId: openWebhook(services, 'echo') } : await answered(services, 'echo') })
        // Each call meets a key of its own: to make one, its name is free; to change one, it reaches the team of the table.
        const inputOf = () => !tool.input.required!.includes('keyName') ? input : { ...input, keyName: tool.name === 'key_create' ? `made-${randomUUID()}` : openKey(services, ['echo']) }
        const held = tool.scoped || ['key_rotate', 'key_revoke'].includes(tool.name)
        const rows: [string, Partial<KeyGrant>, object][] = [
          ['lacking the permission', { permissions: others }, { ok: false, body: { error: 'ForbiddenError', statusCode: 403, message: /lacks the permission/ } }],
          ['held to another team', { permissions: ['admin'], teams: ['other'] }, held ? { ok: false, body: { error: 'ForbiddenError', statusCode: 403, message: /does not reach the team 'echo'/ } } : { ok: true }],
          // The tell of the table is somebody else's, and reading along is a permission of its own.
          ['that may', { permissions: tool.input.required!.includes('tellId') ? [...new Set([...needed, 'cache:read' as const])] : needed.slice(-1), teams: ['echo'] }, { ok: true }]
        ]
        for (const [kind, grant, expected] of rows) {
          const { call } = await as(grant)
          t.match(await call(tool.name, inputOf()), expected, `${tool.name} with a key ${kind}`)
        }
      }
      for (const connection of open.values()) await (await connection).close()
    })
  }
  t.same(server.errors, [])
})

/** A session of its own with one answered tell and one open permission question. */
async function answered (services: Wiring, to: string) {
  const { tells } = services
  const { tellId, sessionId } = await tells.start({ from: 'somebody', to, message: 'hello', caller: 'somebody' })
  await tells.wait(tellId, 0, never)
  return { tellId, sessionId, approvalId: openQuestion(services, sessionId, to) }
}
