import { isAbsolute } from 'node:path'
import type { Static } from '@sinclair/typebox'
import type { TeamConfig } from '../../schemas/config.ts'
import { FIXED_OPTIONS } from '../../schemas/place.ts'
import type { Problem } from './problems.ts'

type Written = Static<typeof TeamConfig>

const fixed = new Set(FIXED_OPTIONS.map(name => name.toLowerCase()))

/** What the schema cannot say of where a team's agents run. */
export function checkPlace (name: string, { path, remote, container, permissions, worktree }: Written): Problem[] {
  const problems: Problem[] = []
  const add = (field: string[], text: string) => problems.push({ path: ['teams', name, ...field], text: `'${['teams', name, ...field].map(plain).join('.')}' ${text}` })
  if (remote !== undefined && container !== undefined) add(['container'], 'cannot be there beside remote: an agent runs at one place')
  if (container !== undefined && (container.image === undefined) === (container.name === undefined)) add(['container'], 'needs either image or name')
  if (container?.name !== undefined && container.mounts !== undefined) add(['container', 'mounts'], 'are for a container that is made from an image')
  if (!isElsewhere({ remote, container })) return problems

  if (!isAbsolute(path)) add(['path'], 'must be an absolute path, as it is where the agent runs')
  if (worktree !== undefined) add(['worktree'], 'is for a team whose directory is here')
  if (typeof permissions !== 'string' && permissions.rules.some(({ path, then }) => path !== undefined && then === 'allow')) {
    add(['permissions'], 'must not allow by path: where links lead on another machine cannot be judged from here. Let such rules ask')
  }
  for (const [option, value] of Object.entries(remote?.options ?? {})) {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(option)) add(['remote', 'options', option], 'is no name of an option of ssh: letters and digits')
    else if (fixed.has(option.toLowerCase())) add(['remote', 'options', option], 'is set by Iris')
    else if (String(value).trim() === '') add(['remote', 'options', option], 'is empty')
  }
  if (remote?.identity?.includes('${')) add(['remote', 'identity'], 'must not hold ${')
  return problems
}

/** Whether a team's path is one of another file system. */
export const isElsewhere = ({ remote, container }: { remote?: unknown, container?: Written['container'] | undefined }) => remote !== undefined || container?.name !== undefined

/** A name that may be anything, for a message. */
const plain = (text: string) => [...text].map(letter => letter < ' ' || letter === '\x7f' ? '?' : letter).join('').slice(0, 64)
