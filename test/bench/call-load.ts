/**
 * Sends requests over and over, one connection for each, and prints a report like autocannon's. A JSON on stdin:
 * `{ url, seconds, requests, expect }`. An answer without the text `expect` is a mismatch.
 */
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import type { Asked } from './calls.ts'

interface Client { setRequests (requests: readonly object[]): void }
type Autocannon = (options: object) => PromiseLike<object>

const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon
const { url, seconds, requests, expect } = JSON.parse(await text(process.stdin)) as Asked
let next = 0
const report = await autocannon({
  url,
  duration: seconds,
  connections: requests.length,
  setupClient (client: Client) { client.setRequests([requests[next++]!]) },
  verifyBody: (body: string) => body.includes(expect)
})
console.log(JSON.stringify(report))
