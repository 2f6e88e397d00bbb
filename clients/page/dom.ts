/** A child is a node or a text; what is said elsewhere gets into the page by these alone, so it is never read as HTML. */
type Child = Node | string | null | undefined | false
type Attributes = Record<string, string | boolean | undefined | ((event: Event) => void)>

/** An element. An attribute that is a function hears the event of its name. */
export function h<K extends keyof HTMLElementTagNameMap> (tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name, value)
    else if (value === true) node.setAttribute(name, '')
    else if (typeof value === 'string') node.setAttribute(name, value)
  }
  node.append(...children.filter((child): child is Node | string => child instanceof Node || (typeof child === 'string' && child !== '')))
  return node
}

/** Does one thing at a time. Meanwhile the button keeps its focus, which one that is disabled would lose. */
export function working (button: HTMLElement, work: () => Promise<unknown>): () => void {
  let busy = false
  return () => {
    if (busy) return
    busy = true
    button.setAttribute('aria-disabled', 'true')
    void work().finally(() => {
      busy = false
      button.removeAttribute('aria-disabled')
    })
  }
}

/** The element of this id in index.html. */
export function byId<T extends HTMLElement = HTMLElement> (id: string): T {
  const node = document.getElementById(id)
  if (node === null) throw new Error(`index.html has no #${id}`)
  return node as T
}

/** Changes the text where it is another: what did not change is not read out again, and stays selected. */
export function write (node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

/** One item of a list on the page. */
export interface Row<T> { node: HTMLElement, update (item: T): void }

/** Keeps the children of `parent` in step with a list: a row is made once, moved and removed by its key, and so keeps its focus. */
export function rowsIn<T> (parent: HTMLElement, key: (item: T) => string, make: (item: T) => Row<T>): (items: readonly T[]) => void {
  const rows = new Map<string, Row<T>>()
  return items => {
    const keys = new Set(items.map(key))
    for (const [name, { node }] of rows) {
      if (keys.has(name)) continue
      node.remove()
      rows.delete(name)
    }
    let at = parent.firstElementChild
    for (const item of items) {
      const name = key(item)
      let row = rows.get(name)
      if (row === undefined) rows.set(name, row = make(item))
      row.update(item)
      if (row.node === at) at = at.nextElementSibling
      else parent.insertBefore(row.node, at)
    }
  }
}
