import { ForbiddenError } from '../js/src/error-names.ts'
import type { Iris } from '../js/src/iris.ts'
import { confirm } from './confirm.ts'
import { byId, write } from './dom.ts'
import { keyForm } from './key-form.ts'
import { keysView, type Key } from './keys-view.ts'
import type { Model } from './model.ts'
import { visible } from './words.ts'

export interface Surroundings {
  attempt (work: Promise<unknown>): Promise<boolean>
  say (text: string): void
  now (): number
  /** The page goes on with another key. */
  become (key: string): void
}

/** The keys, for who may manage them; others do not see that there is such a thing. Resolves once that is known. */
export async function openKeys (iris: Iris, model: Model, { attempt, say, now, become }: Surroundings): Promise<{ load (): Promise<boolean>, draw (): void }> {
  let keys: readonly Key[] = []
  const showKeys = keysView({ rotate, revoke }, now)
  const showTeams = keyForm(async wanted => await attempt(iris.keyCreate(wanted).then(({ keyName, key }) => shown(keyName, key))), now)
  const list = async () => { ({ keys } = await iris.keyList()) }
  const draw = () => {
    showKeys(keys)
    showTeams(model.teams)
  }
  const load = async () => {
    const loaded = await attempt(list())
    draw()
    return loaded
  }

  async function rotate ({ keyName, own, local }: Key) {
    const name = visible(keyName)
    const who = [own && 'This page goes on with the new one.', local && 'So does the iris command on the machine of the server.'].filter(Boolean).join(' ')
    if (!await confirm(`Rotate ${name}?`, `The key that ${name} has now is worthless at once, for all who use it. ${who}`, 'Rotate')) return
    await attempt(iris.keyRotate({ keyName }).then(({ key }) => {
      if (own && key !== undefined) become(key)
      return shown(keyName, key)
    }))
  }

  async function revoke ({ keyName, own, local }: Key) {
    const name = visible(keyName)
    const who = [own && 'It is the key of this page, which ends with it.', local && 'The iris command on the machine of the server uses it, and needs another.'].filter(Boolean).join(' ')
    if (!await confirm(`Revoke ${name}?`, `It is worthless at once and for ever. ${who}`, 'Revoke')) return
    if (!await attempt(iris.keyRevoke({ keyName }))) return
    say(`Revoked: ${name}`)
    await load()
    byId('keys-title').focus()
  }

  /** Shows a key, this once. */
  async function shown (keyName: string, key: string | undefined) {
    await load()
    if (key === undefined) throw new Error(`The answer with the key of ${visible(keyName)} was lost on its way. Rotate it for another`)
    write(byId('key-shown-why'), `The key of ${visible(keyName)}. It is shown this once.`)
    byId<HTMLInputElement>('key-shown-text').value = key
    write(byId('key-copy'), 'Copy')
    byId('key-shown').hidden = false
    byId('key-copy').focus()
  }

  byId('key-copy').addEventListener('click', () => {
    void copy(byId<HTMLInputElement>('key-shown-text')).then(copied => {
      write(byId('key-copy'), copied ? 'Copied' : 'Copy')
      say(copied ? 'Copied' : 'It is selected: copy it by hand')
    })
  })
  byId('key-done').addEventListener('click', () => {
    byId<HTMLInputElement>('key-shown-text').value = ''
    byId('key-shown').hidden = true
    byId('keys-title').focus()
  })

  try {
    await list()
    for (const node of document.querySelectorAll<HTMLElement>('#keys, [data-to=keys]')) node.hidden = false
  } catch (err) {
    if (!(err instanceof ForbiddenError)) throw err
  }
  return { load, draw }
}

/** Where the page did not come over a safe line, there is no clipboard to ask for. */
async function copy (field: HTMLInputElement): Promise<boolean> {
  field.select()
  try {
    await navigator.clipboard.writeText(field.value)
    return true
  } catch {
    return document.execCommand('copy')
  }
}
