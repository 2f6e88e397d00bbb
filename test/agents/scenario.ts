import { join } from 'node:path'
import { script } from '../fixtures/model-stub.ts'
import type { Real } from './real.ts'

/** What the transcripts in test/fixtures/transcripts are of: four turns, of which the second and third ask and the last is interrupted. */
export const TEXT = 'Grüße, 世界 \u2028 \u{1F468}\u200D\u{1F469}'

export function scenario ({ write }: Pick<Real, 'write'>, cwd: string) {
  const asks = (file: string) => script([{ say: 'I write.', ...write(join(cwd, file), 'by the agent') }, { say: 'So be it.' }])
  return {
    text: script([{ say: TEXT, chunks: 5 }]),
    allowed: asks('made.txt'),
    denied: asks('never.txt'),
    endless: script([{ say: 'endless '.repeat(50), chunks: 50, pause: 200 }])
  }
}
