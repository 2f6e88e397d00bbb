import { execFile } from 'node:child_process'

/** How long a program may take to say its version, ms. */
const PATIENCE = 10_000

interface Place { cwd?: string, env: Readonly<Record<string, string>> }

/** What a program says of itself, or why it says nothing. */
export type Probe = { version: string } | { missing: string }

/** Runs `command --version` in `cwd` with this environment and no other. Never rejects. */
export async function probeVersion (command: string, place: Place): Promise<Probe> {
  const answer = await runProbe(command, ['--version'], place)
  if ('missing' in answer) return answer
  return answer.code === 0 ? { version: answer.output.split('\n')[0] ?? '' } : { missing: `'${command} --version' failed: ${answer.failure}` }
}

/** Runs a program that says something and ends, in `cwd` with this environment and no other. Never rejects. */
export async function runProbe (command: string, args: readonly string[], { cwd, env }: Place): Promise<{ output: string, code: number, failure: string } | { missing: string }> {
  return await new Promise(resolve => {
    execFile(command, [...args], { ...(cwd !== undefined && { cwd }), env, timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 }, (err, stdout, stderr) => {
      if (err?.code === 'ENOENT') resolve({ missing: `the program '${command}' is not found on PATH` })
      else if (err?.killed) resolve({ missing: `'${command} ${args.join(' ')}' did not end within ${PATIENCE / 1000} s` })
      else resolve({ output: stdout.trim(), code: err === null ? 0 : Number(err.code ?? 1), failure: stderr.trim().split('\n').at(-1) || err?.message.split('\n')[0] || '' })
    })
  })
}
