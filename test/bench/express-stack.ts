/** The same answer by Express 4 and the middleware that is usual with it. Argument: a file of peer.ts. */
import cors from 'cors'
import express from 'express4'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import { createHash, timingSafeEqual } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { readTask } from './peer.ts'

const { path, body, key } = readTask()
const hash = (token: string) => createHash('sha256').update(token).digest()
const known = { hash: hash(key), permissions: ['status'] }

function requirePermission (permission: string): express.RequestHandler {
  return (request, response, next) => {
    const token = request.headers.authorization?.replace('Bearer ', '')
    if (token === undefined || !timingSafeEqual(hash(token), known.hash)) response.status(401).json({ error: 'Unauthorized' })
    else if (!known.permissions.includes(permission)) response.status(403).json({ error: 'Forbidden' })
    else next()
  }
}

const app = express()
app.use(helmet())
app.use(cors())
app.use(express.json())
app.get('/health/live', (_request, response) => { response.json({ status: 'ok' }) })
app.use('/api/', rateLimit({ windowMs: 15 * 60 * 1_000, limit: 1e9, standardHeaders: true, legacyHeaders: false }))
app.get(path, requirePermission('status'), (_request, response) => { response.json({ ...body, timestamp: Date.now() }) })

const server = app.listen(0, '127.0.0.1', () => { console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`) })
