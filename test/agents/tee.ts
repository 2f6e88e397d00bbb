/** `node tee.js <file> <program> <arguments>` runs a program and keeps every line that goes in and out, for record.ts. */
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { createLines } from '../../src/agent/lines.ts'

const [file, program, ...args] = process.argv.slice(2) as [string, string, ...string[]]
const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })

function pass (way: 'in' | 'out', from: Readable, to: Writable) {
  const lines = createLines({
    line (text) {
      appendFileSync(file, `${JSON.stringify({ [way]: JSON.parse(text) as unknown })}\n`)
      to.write(`${text}\n`)
    },
    tooLong () {}
  })
  from.on('data', lines.push)
}

pass('in', process.stdin, child.stdin)
pass('out', child.stdout, process.stdout)
process.stdin.on('end', () => { child.stdin.end() })
process.on('SIGTERM', () => { child.kill() })
child.on('exit', code => { process.exit(code ?? 1) })
