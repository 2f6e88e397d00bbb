/** Opens so many WebSockets and keeps them. Arguments: address, key, how many. Says a line when all are open; to each line it hears, how many still are. */
import WebSocket from 'ws'

/** Handshakes on their way at once. */
const AT_ONCE = 100

const [url, key, count] = process.argv.slice(2) as [string, string, string]
let open = 0
let left = Number(count)

function one (): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { perMessageDeflate: false, headers: { authorization: `Bearer ${key}` } })
    socket.on('error', reject)
    socket.on('close', () => { open-- })
    socket.on('open', () => {
      open++
      resolve()
    })
  })
}

await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (left-- > 0) await one() }))
console.log(open)
process.stdin.on('data', () => { console.log(open) }).on('end', () => { process.exit(0) })
