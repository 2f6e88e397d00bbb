// A page to try it. In this folder: npx esbuild main.tsx --bundle --format=esm --outfile=main.js --servedir=.
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Iris } from 'iris-client'
import { IrisSession } from './iris-session'

const root = document.getElementById('root')!
const key = sessionStorage.getItem('iris.key') ?? prompt('Key') ?? ''
sessionStorage.setItem('iris.key', key)
const iris = new Iris({ url: root.dataset.iris!, key })

// The address keeps the session, so a reload finds it again.
createRoot(root).render(
  <StrictMode>
    <IrisSession iris={iris} team={root.dataset.team!} sessionId={location.hash.slice(1) || undefined} onSession={id => { location.hash = id }} />
  </StrictMode>
)
