#!/usr/bin/env node
import { run } from './cli/program.ts'
import { systemClock } from './clock.ts'
import { environment } from './config/environment.ts'

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
