import t from 'tap'
import { milliseconds } from '../../src/config/duration.ts'
import { nearest } from '../../src/nearest.ts'

const known = ['httpPort', 'host', 'maxProcesses', 'idleTimeout', 'spawnTimeout', 'tells', 'key']

const rows: [name: string, meant: string | undefined][] = [
  ['httport', 'httpPort'],
  ['httpport', 'httpPort'],
  ['http_port', 'httpPort'],
  ['HTTP-PORT', 'httpPort'],
  ['htpPort', 'httpPort'],
  ['hots', 'host'],
  ['maxProceses', 'maxProcesses'],
  ['idelTimeout', 'idleTimeout'],
  ['kye', 'key'],
  ['banana', undefined],
  ['', undefined],
  ['x', undefined]
]

for (const [name, meant] of rows) {
  t.test(`'${name}' most likely means ${meant ?? 'nothing known'}`, async t => { t.equal(nearest(name, known), meant) })
}

t.test('a duration in its units is ms', async t => {
  t.strictSame(
    ['250', '250ms', '20s', '1.5m', '2h', '1d', '0'].map(milliseconds),
    [250, 250, 20_000, 90_000, 7_200_000, 86_400_000, 0]
  )
  t.equal(milliseconds(42), 42)
})

t.test('what is no duration is none', async t => {
  for (const text of ['', 's', '-1s', '1 s', '1w', '1s1', '1e3', 'Infinity', '1.s']) t.equal(milliseconds(text), undefined, text)
})
