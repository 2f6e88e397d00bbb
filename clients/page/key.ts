/** Where the key is kept: it ends with the tab. All pages of this server look for it there. */
const KEY = 'iris.key'

/** The key of a link like `/#key=…`: a fragment is never sent, and it is gone from the address bar at once. */
function keyOfLink (): string | null {
  const key = new URLSearchParams(location.hash.slice(1)).get('key')
  if (key !== null) history.replaceState(null, '', location.pathname + location.search)
  return key
}

export function keep (key: string): void {
  // What is kept of another key's view is not this one's.
  if (sessionStorage.getItem(KEY) !== key) sessionStorage.clear()
  sessionStorage.setItem(KEY, key)
}

/** The key of this tab; one that comes with the link is kept first. */
export function kept (): string | null {
  const linked = keyOfLink()
  if (linked !== null) keep(linked)
  return sessionStorage.getItem(KEY)
}

/** The same view goes on with another key: its own was made anew. */
export function goOnWith (key: string): void {
  sessionStorage.setItem(KEY, key)
}
