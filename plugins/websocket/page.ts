interface Document {
  info: { title: string, description: string }
  operations: Record<string, { action: string, title: string, messages: Ref[], reply?: { messages: Ref[] } }>
  components: { messages: Record<string, { title: string, description?: string, payload: object }> }
}
interface Ref { $ref: string }

/** It is all styles and text: no script runs on it. */
export const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 0 auto; padding: 1rem }
summary { cursor: pointer; padding: .3rem 0 } code, pre { font: 13px/1.45 ui-monospace, monospace }
pre { overflow: auto; padding: .8rem; background: color-mix(in srgb, CanvasText 6%, Canvas); border-radius: .4rem }
details { border-bottom: 1px solid color-mix(in srgb, CanvasText 15%, Canvas) } summary code { font-weight: 600; margin-right: .6rem }`

/** The AsyncAPI document for people: each request with its answer, then each event, with their schemas. */
export function page (document: object): string {
  const { info, operations, components: { messages } } = document as Document
  const nameOf = ({ $ref }: Ref) => $ref.slice($ref.lastIndexOf('/') + 1)
  const show = (name: string) => {
    const { title, description, payload } = messages[name]!
    return `<details id="${name}"><summary><code>${text(name)}</code>${text(title)}</summary>${description === undefined ? '' : `<p>${text(description)}</p>`}<pre>${text(JSON.stringify(payload, null, 2))}</pre></details>`
  }
  const requests = Object.values(operations).filter(({ action }) => action === 'receive')
  const own = requests.flatMap(({ messages: [first], reply }) => [show(nameOf(first!)), ...reply!.messages.map(nameOf).filter(name => name.startsWith(`${nameOf(first!)}.`)).map(show)])
  const events = operations.events!.messages.map(nameOf).map(show)
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text(info.title)} events</title><style>${STYLE}</style></head><body>
<h1>${text(info.title)}: the WebSocket at <code>/ws</code></h1><p>${text(info.description)}</p>
<p><a href="../asyncapi.json">AsyncAPI document</a> · <a href="../docs">REST API</a></p>
<h2>What a client may send, and the answer</h2>${own.join('\n')}
<h2>What the server says</h2>${events.join('\n')}</body></html>`
}

const text = (raw: string) => raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
