import { byId, h, rowsIn, working, write, type Row } from './dom.ts'
import type { Model, Session, Team } from './model.ts'
import { span } from './words.ts'

export interface TeamActions {
  /** Show the conversation, or begin one with the team. */
  open (team: string, sessionId: string | undefined): void
  wake (team: string): Promise<unknown>
  sleep (team: string, force: boolean): Promise<unknown>
}

/** The teams, what each is doing and since when, and who talks with it. */
export function teamsView (model: Model, actions: TeamActions, now: () => number): (openSession: string | undefined) => void {
  let openSession: string | undefined
  const update = rowsIn<Team>(byId('team-list'), ({ name }) => name, team => teamRow(team, model, actions, now, () => openSession))
  return open => {
    openSession = open
    update(model.teams)
  }
}

function teamRow ({ name }: Team, model: Model, actions: TeamActions, now: () => number, openSession: () => string | undefined): Row<Team> {
  const open = h('button', { type: 'button', class: 'name', click: () => { actions.open(name, model.sessionsOf(name)[0]?.sessionId) } }, name)
  const state = h('span', { class: 'state' })
  const button = h('button', { type: 'button', class: 'small' })
  button.addEventListener('click', working(button, act))
  const about = h('p', { class: 'hint' })
  const list = h('ul', { 'aria-label': `Conversations with ${name}` })
  const sessions = rowsIn<Session>(list, ({ sessionId }) => sessionId, session => sessionRow(session, actions, now, openSession))
  let lead: Session | undefined

  function act () {
    const asleep = lead === undefined || lead.state === 'asleep'
    return asleep ? actions.wake(name) : actions.sleep(name, lead!.state === 'busy' || lead!.state === 'waiting')
  }

  return {
    node: h('li', { class: 'team' }, h('div', { class: 'row' }, open, state, button), about, list),
    update ({ config, unavailable }) {
      lead = model.leadOf(name)
      const current = lead?.state ?? 'asleep'
      showState(state, lead, now())
      write(about, unavailable ?? [config.agent, config.description].filter(Boolean).join(' · '))
      about.classList.toggle('bad', unavailable !== undefined)
      const label = current === 'asleep' ? 'Wake' : current === 'busy' || current === 'waiting' ? 'Stop' : 'Sleep'
      write(button, label)
      button.setAttribute('aria-label', `${label} ${name}`)
      sessions(model.sessionsOf(name))
    }
  }
}

function sessionRow ({ sessionId, to }: Session, { open }: TeamActions, now: () => number, openSession: () => string | undefined): Row<Session> {
  const from = h('span', { class: 'from' })
  const state = h('span', { class: 'state' })
  const button = h('button', { type: 'button', class: 'session', click: () => { open(to, sessionId) } }, from, state)
  return {
    node: h('li', {}, button),
    update (session) {
      write(from, `with ${session.from}`)
      showState(state, session, now())
      button.setAttribute('aria-current', String(openSession() === sessionId))
    }
  }
}

/** Who sleeps has done so since before the server started, for all that is known; when it was last used says more. */
const sinceOf = ({ state, since, lastUsedAt }: Session) => state === 'asleep' ? lastUsedAt : since

function showState (node: HTMLElement, session: Session | undefined, now: number): void {
  node.dataset.state = session?.state ?? 'asleep'
  write(node, session === undefined ? 'asleep' : words(session, now))
}

/** A tell that waits for the model service says for how long. */
function words (session: Session, now: number): string {
  const { state, limitedUntil = 0, open } = session
  return open.size > 0 && limitedUntil > now ? `limited, ${span(limitedUntil - now)} left` : `${state} ${span(now - sinceOf(session))}`
}
