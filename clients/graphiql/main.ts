import { byId } from '../page/dom.ts'
import { keep, kept } from '../page/key.ts'

interface Operation { query: string, operationName?: string | null, variables?: Record<string, unknown> }
type Headers = Record<string, string>
type Fetcher = (operation: Operation, how?: { headers?: Headers }) => Promise<unknown> | AsyncIterable<unknown>

// What the scripts before this one have left.
declare const React: { createElement (component: unknown, props: object): object }
declare const ReactDOM: { createRoot (element: Element): { render (element: object): void } }
declare const GraphiQL: unknown
declare const graphqlWs: {
  createClient (options: { url: string, connectionParams: () => Headers, retryAttempts: number }): { iterate (operation: Operation): AsyncIterable<unknown>, dispose (): void }
}

const url = new URL('graphql', document.baseURI)

/** The key of the field above, unless the headers of the operation name another one. */
function headersOf (key: string | null, own: Headers = {}): Headers {
  const named = Object.keys(own).some(name => name.toLowerCase() === 'authorization')
  return key === null || named ? own : { ...own, Authorization: `Bearer ${key}` }
}

/** By its text: what GraphiQL has read of it may be a moment old. */
function isSubscription ({ query, operationName }: Operation): boolean {
  let outside = query.replaceAll(/#.*|"""[^]*?"""|"(?:\\.|[^"\\\n])*"/g, '')
  for (let before = ''; before !== outside;) [before, outside] = [outside, outside.replaceAll(/\{[^{}]*\}|\([^()]*\)/g, ' ')]
  const names = [...outside.matchAll(/\bsubscription\b\s*(\w*)/g)].map(([, name]) => name)
  return operationName == null ? names.length > 0 : names.includes(operationName)
}

async function ask (operation: Operation, headers: Headers): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(operation) })
  return await response.json()
}

/** One socket for each subscription: its key is told once, as the socket opens. */
async function * hear (operation: Operation, headers: Headers): AsyncGenerator {
  const client = graphqlWs.createClient({ url: url.href.replace(/^http/, 'ws'), connectionParams: () => headers, retryAttempts: 0 })
  try {
    yield * client.iterate(operation)
  } catch (err) {
    throw err instanceof CloseEvent ? new Error(`The socket was closed: ${err.code} ${err.reason}`) : err
  } finally {
    client.dispose()
  }
}

const fetcherWith = (key: string | null): Fetcher => (operation, { headers } = {}) =>
  isSubscription(operation) ? hear(operation, headersOf(key, headers)) : ask(operation, headersOf(key, headers))

const START = `# All that the server's tools do, as queries and mutations. The key above is sent with each.
query Teams {
  team_list { teams { name state } }
}

mutation Tell {
  team_tell(toTeam: "echo", message: "Hello") { response duration }
}

subscription Events {
  event_stream { event ... on StoredEvent { seq payload } }
}
`

const ui = ReactDOM.createRoot(byId('graphiql'))
const show = (key: string | null) => { ui.render(React.createElement(GraphiQL, { fetcher: fetcherWith(key), defaultQuery: START })) }

const key = kept()
const field = byId<HTMLInputElement>('key')
field.value = key ?? ''
byId('key-form').addEventListener('submit', event => {
  event.preventDefault()
  const key = field.value.trim()
  keep(key)
  show(key === '' ? null : key)
})
addEventListener('hashchange', () => { if (location.hash.startsWith('#key=')) location.reload() })
show(key === '' ? null : key)
