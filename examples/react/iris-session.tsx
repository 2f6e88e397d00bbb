// A conversation with a team, streamed: <IrisSession iris={iris} team='backend' />, with `iris` made once, outside of the component.
//
// Copy this file and use-session.ts into your application, React 18 or 19, and add the client:
//   (cd /path/to/iris && npx tsc -p clients/js) && npm install /path/to/iris/clients/js
// Iris answers pages of other origins that its config.yaml lists: api: { cors: [https://app.example.org] }.
// Whoever opens the page can read the key in it. Make one that may do little, for each person one:
//   npx iris key create ann --permission tell --permission cache:read --team backend --as ann
// main.tsx, index.html: a page to try it.
import { useState, type FormEvent } from 'react'
import type { Iris } from 'iris-client'
import { useSession } from './use-session'

export interface IrisSessionProps {
  iris: Iris
  team: string
  /** Without it a session begins, or goes on, with the first message. To show another later, give it as `key` too. */
  sessionId?: string | undefined
  onSession?: (sessionId: string) => void
}

export function IrisSession ({ iris, team, sessionId: given, onSession }: IrisSessionProps) {
  const [told, setTold] = useState<string>()
  const [refusal, setRefusal] = useState<Error>()
  const sessionId = told ?? given
  const { turns, error = refusal } = useSession(iris, sessionId)

  async function tell (event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    try {
      const { sessionId } = await iris.teamTell({ toTeam: team, message: String(new FormData(form).get('message')), timeout: -1 })
      form.reset()
      setRefusal(undefined)
      setTold(sessionId)
      onSession?.(sessionId)
    } catch (err) {
      setRefusal(err as Error)
    }
  }

  return (
    <section aria-label={`Conversation with ${team}`}>
      <ol aria-live='polite'>
        {turns.map(({ tellId, message, answer, state, error }) => (
          <li key={tellId} aria-busy={state === 'running'}>
            <p>{message}</p>
            <blockquote style={{ whiteSpace: 'pre-wrap' }}>{answer}</blockquote>
            {error !== undefined && <p role='alert'>{error}</p>}
          </li>
        ))}
      </ol>
      {error !== undefined && <p role='alert'>{error.message}</p>}
      <form onSubmit={tell}>
        <label>Message <input name='message' required autoComplete='off' /></label>
        <button>Tell {team}</button>
      </form>
    </section>
  )
}
