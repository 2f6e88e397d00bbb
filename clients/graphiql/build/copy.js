/** Puts what the page loads of GraphiQL beside it: so the package brings these few files, and not all that they were built of. */
import { copyFileSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../../', import.meta.url)
const to = new URL('dist/clients/graphiql/', root)
mkdirSync(to, { recursive: true })

for (const [from, name] of [
  ['graphiql/graphiql.min.js', 'graphiql.min.js'],
  ['graphiql/graphiql.min.css', 'graphiql.min.css'],
  ['graphiql/LICENSE', 'graphiql.LICENSE'],
  ['react/umd/react.production.min.js', 'react.min.js'],
  ['react/LICENSE', 'react.LICENSE'],
  ['react-dom/umd/react-dom.production.min.js', 'react-dom.min.js'],
  ['graphql-ws/umd/graphql-ws.min.js', 'graphql-ws.min.js'],
  ['graphql-ws/LICENSE.md', 'graphql-ws.LICENSE']
]) copyFileSync(fileURLToPath(new URL(`node_modules/${from}`, root)), fileURLToPath(new URL(name, to)))
