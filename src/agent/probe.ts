import { execFile } from 'node:child_process'

/** How long a program may take to say its version, ms. */
const PATIENCE = 10_000

/** What a program says of itself, or why it says nothing. */
export type Probe = { version: string } | { missing: string }

/** Runs `command --version` in `cwd` with this environment and no other. Never rejects. */
export async function probeVersion (command: string, { cwd, env }: { cwd?: string, env: Readonly<Record<string, string>> }): Promise<Probe> {
  return await new Promise(resolve => {
    execFile(command, ['--version'], { ...(cwd !== undefined && { cwd }), env, timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 }, (err, stdout, stderr) => {
      if (err === null) resolve({ version: stdout.trim().split('\n')[0] ?? '' })
      else if (err.code === 'ENOENT') resolve({ missing: `the program '${command}' is not found on PATH` })
      else if (err.killed) resolve({ missing: `'${command} --version' did not end within ${PATIENCE / 1000} s` })
      else resolve({ missing: `'${command} --version' failed: ${stderr.trim().split('\n').at(-1) || err.message.split('\n')[0]}` })
    })
  })
}
