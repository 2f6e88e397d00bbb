import { UnauthorizedError } from '../js/src/error-names.ts'
import { openDesk, trouble } from './desk.ts'
import { byId } from './dom.ts'
import { goOnWith, keep, kept } from './key.ts'

/** Asks for a key; the page begins anew with it. */
function askForKey (why: string): void {
  trouble(why)
  byId('desk').hidden = true
  byId('door').hidden = false
  const field = byId<HTMLInputElement>('key')
  byId('key-form').addEventListener('submit', event => {
    event.preventDefault()
    keep(field.value.trim())
    location.reload()
  })
  field.focus()
}

const key = kept()
addEventListener('hashchange', () => { if (location.hash.startsWith('#key=')) location.reload() })

const forget = byId('forget')
forget.hidden = key === null
forget.addEventListener('click', () => {
  sessionStorage.clear()
  location.reload()
})

// Servers that want no key have the door open.
openDesk(new URL('.', document.baseURI).href, { key: key ?? undefined, become: goOnWith }).catch((err: unknown) => {
  const connection = byId('connection')
  connection.textContent = ''
  delete connection.dataset.live
  if (!(err instanceof UnauthorizedError)) return trouble(err instanceof Error ? err.message : String(err))
  sessionStorage.clear()
  askForKey(key === null ? '' : err.message)
})
