import { createRandom } from './random.ts'
import { startProcess } from '../fixtures/process.ts'
import type { Faults } from './fuzz.ts'

type Body = Record<string, unknown> & { error?: string, tellId?: string, state?: string, response?: string }

/** Agents are killed at random while tells run: the server lives, every tell settles, no orphan stays. */
export async function chaos (ms: number, seed: number): Promise<Record<string, Faults>> {
  const random = createRandom(seed)
  const server = await startProcess({ settings: { maxProcesses: 5 } })
  const headers = { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }
  const faults: Faults = []
  const over: Faults = []
  const outcomes = new Map<string, number>()
  const end = Date.now() + ms

  const killer = (async () => {
    while (Date.now() < end) {
      const pids = server.agents()
      if (pids.length > 5) over.push(`${pids.length} agents lived at once`)
      if (pids.length > 0) try { process.kill(random.pick(pids), random.pick(['SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGINT'] as const)) } catch { /* It was quicker. */ }
      await new Promise(resolve => { setTimeout(resolve, random.below(150)) })
      // What was stopped is let go on, as a machine under load does.
      for (const pid of server.agents()) try { process.kill(pid, 'SIGCONT') } catch { /* gone */ }
    }
  })()

  const teller = async (n: number) => {
    while (Date.now() < end) {
      const message = random.pick(['hello', '!slow 5 20 one two three', '!crash 3', '!big 20000', '!orphan', '!thinking', '!exit', '!stubborn'])
      const response = await fetch(`${server.url}/api/teams/tell`, { method: 'POST', headers, body: JSON.stringify({ toTeam: 'echo', fromTeam: `caller-${n}`, message, timeout: 60_000 }), signal: AbortSignal.timeout(90_000) })
        .catch((err: unknown) => { faults.push(`no answer to ${message}: ${String(err)}`); return null })
      const body = await response?.json() as Body | undefined
      const outcome = body?.error ?? 'answered'
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      if (!['answered', 'AgentError', 'TellCancelledError', 'PoolFullError'].includes(outcome)) faults.push(`${message}: ${JSON.stringify(body)}`)
    }
  }
  await Promise.all([killer, ...Array.from({ length: 8 }, (_, n) => teller(n))])

  const status = await (await fetch(`${server.url}/api/status`, { headers })).json() as { tells: { running: number, queued: number } }
  if (status.tells.running + status.tells.queued > 0) faults.push(`unsettled: ${JSON.stringify(status.tells)}`)
  for (const state of ['queued', 'running']) {
    const { tells } = await (await fetch(`${server.url}/api/tells?state=${state}`, { headers })).json() as { tells: Body[] }
    if (tells.length > 0) faults.push(`${tells.length} tells still ${state}`)
  }
  await fetch(`${server.url}/api/teams/echo/sleep`, { method: 'POST', headers, body: '{"force":true}' })
  const left = server.descendants().map(pid => `pid ${pid} is left`)
  const code = await server.stop()
  const total = [...outcomes.values()].reduce((sum, one) => sum + one, 0)
  console.log(`  ${total} tells under fire: ${[...outcomes].map(([name, count]) => `${count} ${name}`).join(', ')}`)
  return {
    'every tell settles, with an answer or the reason': total < 10 ? [`only ${total} tells ran`] : faults,
    'never more agents than maxProcesses': over.slice(0, 3),
    'no orphan is left': left,
    'the server lived, and ends with 0': code === 0 ? [] : [`exit code ${String(code)}: ${server.log().slice(-1_000)}`]
  }
}

/** 200 wakes at once against a pool of 5, counted from the outside. */
export async function wakes (count: number): Promise<Record<string, Faults>> {
  const server = await startProcess({ settings: { maxProcesses: 5, spawnTimeout: '120s' } })
  const headers = { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' }
  let most = 0
  const watch = setInterval(() => { most = Math.max(most, server.agents().length) }, 5)
  const statuses = await Promise.all(Array.from({ length: count }, async (_, n) =>
    (await fetch(`${server.url}/api/teams/echo/wake`, { method: 'POST', headers, body: JSON.stringify({ fromTeam: `caller-${n}` }) })).status))
  clearInterval(watch)
  const code = await server.stop()
  console.log(`  ${count} wakes, at most ${most} agents at once`)
  return {
    [`${count} wakes never make more than 5 agents`]: most > 5 ? [`${most} lived at once`] : most === 0 ? ['none was seen'] : [],
    'each wake succeeds in its turn': statuses.filter(status => status !== 200).slice(0, 3).map(status => `status ${status}`),
    'and the server ends with 0': code === 0 ? [] : [`exit code ${String(code)}`]
  }
}
