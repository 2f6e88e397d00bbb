import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { KINDS } from '../../src/agent/kinds.ts'
import type { Start } from '../../src/agent/agent.ts'
import { systemClock } from '../../src/clock.ts'
import { createEar, living, scratch, startOf } from './ear.ts'

export const peer = fileURLToPath(new URL('../fixtures/acp-peer.js', import.meta.url))

/** The scripted peer, run as one of the kinds. */
export function lab (t: Test, kind = 'acp', env: Record<string, string> = {}, clock = systemClock) {
  const cwd = scratch(t)
  const agent = KINDS.get(kind)!.create({ clock, owner: randomUUID(), home: join(cwd, 'kept') })
  // Some kinds have arguments of their own, which the peer heeds and Node does not.
  const command = join(cwd, 'program')
  writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${peer}\n`, { mode: 0o755 })
  const settings = { command, env: { PATH: process.env.PATH ?? '', PEER_HOME: join(cwd, 'peer'), ...env } }
  return {
    cwd,
    wake: (more: Partial<Start> = {}) => living(t, agent, cwd, { ...settings, ...more }),
    fails: (message: RegExp, more: Partial<Start> = {}, details: object | undefined = undefined) =>
      t.rejects(agent.start(startOf(cwd, createEar(), { ...settings, ...more })), { name: 'AgentError', message, ...(details && { details }) })
  }
}
