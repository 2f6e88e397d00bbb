import { chaos, wakes } from './chaos.ts'
import { deaf } from './deaf.ts'
import { fuzz, type Faults } from './fuzz.ts'
import { kills } from './kills.ts'
import { resume } from './resume.ts'

// node run.js [--short] [--seed N] [--only NAME]: long runs; what takes minutes at full length takes seconds with --short.
const short = process.argv.includes('--short')
const seed = Number(process.argv[process.argv.indexOf('--seed') + 1] ?? 0) || Date.now() % 1e6
console.log(`seed ${seed}`)
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined

let passed = 0
let failed = 0
for (const [name, run] of Object.entries({
  fuzz: () => fuzz(short ? 2_000 : 10_000, seed),
  wakes: () => wakes(short ? 60 : 200),
  chaos: () => chaos(short ? 10_000 : 60_000, seed),
  kills: () => kills(short ? 10 : 200, seed),
  resume: () => resume(short ? 40 : 1_000, seed),
  deaf: () => deaf(short ? 12_000 : 600_000)
} satisfies Record<string, () => Promise<Record<string, Faults>>>)) {
  if (only !== undefined && name !== only) continue
  console.log(name)
  for (const [fact, faults] of Object.entries(await run())) {
    if (faults.length === 0) passed++
    else failed++
    console.log(`  ${faults.length === 0 ? 'ok' : 'NOT OK'} - ${fact}`)
    for (const fault of faults.slice(0, 10)) console.log(`      ${fault}`)
  }
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
