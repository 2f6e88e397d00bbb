/** An agent that answers each message with the lines of a file. Arguments: the file, how many times. */
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const [file, repeats] = process.argv.slice(2) as [string, string]
const lines = readFileSync(file)
const { stdout } = process

async function write (bytes: Buffer | object): Promise<void> {
  if (!stdout.write(Buffer.isBuffer(bytes) ? bytes : `${JSON.stringify(bytes)}\n`)) await once(stdout, 'drain')
}

for await (const line of createInterface({ input: process.stdin })) {
  const { type, uuid, request_id: id } = JSON.parse(line) as { type: string, uuid?: string, request_id?: string }
  if (type === 'control_request') await write({ type: 'control_response', response: { subtype: 'success', request_id: id, response: {} } })
  if (type !== 'user') continue
  await write({ type: 'command_lifecycle', command_uuid: uuid, state: 'started' })
  for (let n = 0; n < Number(repeats); n++) await write(lines)
  await write({ type: 'result', subtype: 'success', is_error: false, result: '', user_message_uuid: uuid })
}
