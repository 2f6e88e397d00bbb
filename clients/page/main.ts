import { UnauthorizedError } from '../js/src/error-names.ts'
import { openDesk, trouble } from './desk.ts'
import { byId } from './dom.ts'

/** Where the key is kept: it ends with the tab. */
const KEY = 'iris.key'

/** The key of a link like `/#key=…`: a fragment is never sent, and it is gone from the address bar at once. */
function keyOfLink (): string | null {
  const key = new URLSearchParams(location.hash.slice(1)).get('key')
  if (key !== null) history.replaceState(null, '', location.pathname + location.search)
  return key
}

function keep (key: string): void {
  // What is kept of another key's view is not this one's.
  if (sessionStorage.getItem(KEY) !== key) sessionStorage.clear()
  sessionStorage.setItem(KEY, key)
}

/** Asks for a key; the page begins anew with it. */
function askForKey (why: string): void {
  trouble(why)
  byId('desk').hidden = true
  byId('connection').textContent = ''
  byId('door').hidden = false
  const field = byId<HTMLInputElement>('key')
  byId('key-form').addEventListener('submit', event => {
    event.preventDefault()
    keep(field.value.trim())
    location.reload()
  })
  field.focus()
}

const linked = keyOfLink()
if (linked !== null) keep(linked)
addEventListener('hashchange', () => { if (location.hash.startsWith('#key=')) location.reload() })

const key = sessionStorage.getItem(KEY)
const forget = byId('forget')
forget.hidden = key === null
forget.addEventListener('click', () => {
  sessionStorage.clear()
  location.reload()
})

// Servers that want no key have the door open.
openDesk(new URL('.', document.baseURI).href, { key: key ?? undefined, become (next) { sessionStorage.setItem(KEY, next) } }).catch((err: unknown) => {
  if (!(err instanceof UnauthorizedError)) return trouble(err instanceof Error ? err.message : String(err))
  sessionStorage.clear()
  askForKey(key === null ? '' : err.message)
})
