#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import { run } from './cli/program.ts'
import { systemClock } from './clock.ts'
import { environment } from './config/environment.ts'

// What a start makes lives on, and what the same lines make for a request is garbage soon, but V8 goes by what it sees first. So it is not
// to learn what to put among the old objects: there, garbage keeps all that it refers to until a full collection, which is a quarter of what
// a small POST costs. And it sees enough of process.nextTick before, or it may take a slow way in all calls to come: a fifth of a small GET.
setFlagsFromString('--no-allocation-site-pretenuring')
for (let n = 0; n < 5_000; n++) process.nextTick(() => {})

// Whoever reads our output may leave before its end. A command with something to put in order first listens too.
process.stdout.on('error', (err: NodeJS.ErrnoException) => {
  if (process.stdout.listenerCount('error') === 1) process.exit(err.code === 'EPIPE' ? 0 : 1)
})

// The clock's timers keep nothing alive, yet a command may wait for one: this handle holds the process until the command ends.
const { port1: hold } = new MessageChannel()
hold.ref()

process.exitCode = await run(process.argv.slice(2), {
  env: environment(),
  cwd: process.cwd(),
  clock: systemClock,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  on (signal, hear) {
    process.on(signal, hear)
    return () => { process.off(signal, hear) }
  }
})
hold.close()
