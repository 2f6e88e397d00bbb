import { ForbiddenError, SessionNotFoundError, UnauthorizedError } from '../js/src/error-names.ts'
import { ConnectionLostError } from '../js/src/error.ts'
import type { IrisEvent } from '../js/src/follow.ts'
import { Iris } from '../js/src/iris.ts'
import { byId, write } from './dom.ts'
import { eventsView } from './events-view.ts'
import { openKeys } from './keys.ts'
import { Model, type Question } from './model.ts'
import { questionsView, type Answer } from './questions-view.ts'
import { spentIn, talkView } from './talk-view.ts'
import { Talk } from './talk.ts'
import { teamsView } from './teams-view.ts'
import { shorten, visible } from './words.ts'

/** Where a reload finds again what was open, and from where on events are listed. */
const SINCE = 'iris.since'
const OPEN = 'iris.open'

/** So many of the past events are read at the most. */
const PAST = 500

/** A session that is new is asked for at once, further ones not before so many ms. */
const REST = 2000

/** The key that the page came with, and who is to keep another that takes its place. */
interface Held { key: string | undefined, become (key: string): void }

/** Everything behind the door. Resolves never; throws UnauthorizedError where the key does not fit, now or later. */
export async function openDesk (url: string, held: Held): Promise<never> {
  let { key } = held
  const send: typeof fetch = (input, init) => fetch(input, { ...init, headers: { ...init?.headers as Record<string, string>, ...(key !== undefined && { authorization: `Bearer ${key}` }) } })
  const connection = { url, fetch: send }
  const iris = new Iris(connection)
  const model = new Model()
  const talk = new Talk(iris, draw)
  let keys = { draw () {}, load: async () => false }
  let skew = 0
  let live = false
  /** What the page complains of is over once the connection is back. */
  let lost = false
  let drawing = false
  /** Until when no further snapshot is taken for a session that is new. */
  let rested = 0
  /** What happens while a snapshot is taken: it may be of before. */
  let meanwhile: IrisEvent[] | undefined
  let fail: (err: unknown) => void = () => {}
  const failed = new Promise<never>((_resolve, reject) => { fail = reject })

  const now = () => Date.now() + skew
  const showTeams = teamsView(model, {
    open (team, sessionId) {
      show('talk')
      void attempt(open(team, sessionId))
      byId('tell-form').hidden = false // only what is seen can be written in
      byId('message').focus()
    },
    wake: teamName => attempt(iris.teamWake({ teamName })),
    sleep: (teamName, force) => attempt(iris.teamSleep({ teamName, force }))
  }, now)
  const showTalk = talkView()
  const showQuestions = questionsView(model, decide, now)
  const showEvents = eventsView(model)

  /** Once for all that happens in one frame. */
  function draw () {
    if (drawing) return
    drawing = true
    requestAnimationFrame(() => {
      drawing = false
      showTeams(talk.sessionId)
      showTalk(talk.conversation)
      showQuestions()
      showEvents()
      keys.draw()
      const { team, from, running, sessionId } = talk
      write(byId('talk-title'), team ?? 'Conversation')
      write(byId('talk-state'), team === undefined ? 'Choose a team to talk with.' : sessionId === undefined ? 'Nothing was said yet.' : [`with ${from ?? 'you'}`, ...spentIn(talk.conversation)].join(' · '))
      write(byId('message-label'), `Message${team === undefined ? '' : ` to ${team}`}`)
      byId('tell-form').hidden = team === undefined
      byId('cancel').hidden = running.length === 0
      document.title = model.questions.size > 0 ? `(${model.questions.size}) Iris` : 'Iris'
    })
  }

  /** What a person asked for: where it fails, the page says why and goes on. */
  async function attempt (work: Promise<unknown>): Promise<boolean> {
    try {
      await work
      trouble('')
      return true
    } catch (err) {
      if (err instanceof UnauthorizedError) fail(err)
      lost = err instanceof ConnectionLostError
      trouble(err instanceof Error ? err.message : String(err))
      return false
    }
  }

  async function open (team: string, sessionId?: string) {
    sessionStorage.setItem(OPEN, JSON.stringify({ team, sessionId }))
    await talk.open(team, sessionId, sessionId === undefined ? undefined : model.sessions.get(sessionId)?.from)
  }

  async function decide ({ approvalId, tool, team }: Question, answer: Answer) {
    if (!await attempt(iris.approvalAnswer({ approvalId, ...answer }))) return
    model.questions.delete(approvalId)
    say(`${answer.decision === 'deny' ? 'Denied' : 'Allowed'}: ${tool} of ${team}`)
    byId('questions-title').focus()
    draw()
  }

  async function snapshot () {
    const missed: IrisEvent[] = meanwhile = []
    const [teams, sessions, tells, questions] = await Promise.all([
      may(iris.teamList({})), may(iris.sessionList({ limit: 200 })), may(iris.tellList({ limit: 100 })), may(iris.approvalList({ state: 'pending', limit: 100 }))
    ])
    if (teams === undefined) trouble('This key may not see the teams: it lacks the permission \'status\'')
    skew = (teams?.timestamp ?? Date.now()) - Date.now()
    model.teams = teams?.teams ?? []
    model.setSessions(sessions?.sessions ?? [], tells?.tells ?? [])
    model.decides = questions !== undefined
    model.setQuestions(questions?.approvals ?? [])
    for (const event of missed) model.apply(event, now())
    if (meanwhile === missed) meanwhile = undefined
    draw()
  }

  /** The events before now that are to be listed, and the cursor to go on from. */
  async function past (): Promise<number | undefined> {
    const start = await may(iris.eventList({ limit: 1 }))
    if (start === undefined) return undefined
    const { head } = start
    const stored = Number(sessionStorage.getItem(SINCE) ?? NaN)
    const since = Math.max(stored <= head ? stored : 0, head - PAST, 0)
    sessionStorage.setItem(SINCE, String(since))
    const read = await iris.eventList({ after: since, limit: 1000 })
    model.note(read.events)
    return read.resume.next
  }

  function hear (event: IrisEvent) {
    if (event.event === 'caught_up') {
      live = true
      if (lost) trouble('')
      lost = false
      status('live')
    }
    if (event.event === 'resumed' && event.data.verdict === 'gap') void attempt(renew())
    if (event.seq === undefined) return
    model.note([{ seq: event.seq, event: event.event, data: event.data, at: now() }])
    meanwhile?.push(event)
    if (!model.apply(event, now()) && meanwhile === undefined && Date.now() > rested) {
      rested = Date.now() + REST
      void attempt(snapshot())
    }
    talk.hear(event)
    if (live) announce(event)
    draw()
  }

  async function renew () {
    await snapshot()
    if (talk.team !== undefined) await open(talk.team, talk.sessionId)
  }

  /** What a person who does not look is told: that there is an answer, not each piece of it. */
  function announce ({ event, data }: IrisEvent) {
    if (event === 'approval:requested') say(`${String(data.team)} asks to use ${visible(String(data.tool))}`)
    if (data.sessionId !== talk.sessionId) return
    if (event === 'tell:complete') say(`${String(data.team)} has answered: ${shorten(String(data.response), 500)}`)
    if (event === 'tell:error') say(`The tell to ${String(data.team)} has ended without an answer`)
  }

  async function follow (after: number | undefined) {
    const stream = new Iris({
      ...connection,
      async sleep (ms, signal) {
        live = false
        status('connection lost, trying again')
        await new Promise(resolve => { setTimeout(resolve, ms) })
        signal?.throwIfAborted()
      }
    })
    for await (const event of stream.events({ notices: true, ...(after !== undefined && { after }) })) hear(event)
  }

  byId<HTMLFormElement>('tell-form').addEventListener('submit', event => {
    event.preventDefault()
    const box = byId<HTMLTextAreaElement>('message')
    const message = box.value
    if (message.trim() === '' || talk.team === undefined) return
    box.value = ''
    void attempt(talk.tell(message)).then(told => {
      if (!told) box.value ||= message
      else if (talk.team !== undefined) sessionStorage.setItem(OPEN, JSON.stringify({ team: talk.team, sessionId: talk.sessionId }))
    })
  })
  byId('message').addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    byId<HTMLFormElement>('tell-form').requestSubmit()
  })
  byId('cancel').addEventListener('click', () => { void attempt(talk.cancel()) })
  for (const button of document.querySelectorAll<HTMLElement>('[data-to]')) {
    button.addEventListener('click', () => {
      const again = button.dataset.to === 'keys' && byId('desk').dataset.view === 'keys'
      show(again ? 'talk' : button.dataset.to!)
      if (button.dataset.to === 'keys' && !again) void keys.load()
    })
  }

  status('connecting')
  const after = await past()
  await snapshot()
  keys = await openKeys(iris, model, { attempt, say, now, become (next) { held.become(key = next) } })
  byId('desk').hidden = false
  setInterval(draw, 1000)
  const last = JSON.parse(sessionStorage.getItem(OPEN) ?? '{}') as { team?: string, sessionId?: string }
  if (last.team !== undefined) {
    void attempt(open(last.team, last.sessionId).catch((err: unknown) => {
      if (!(err instanceof SessionNotFoundError)) throw err
      return open(last.team!)
    }))
  }
  follow(after).catch(fail)
  return await failed
}

/** Undefined where this key may not. */
async function may<T> (answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (err) {
    if (err instanceof ForbiddenError) return undefined
    throw err
  }
}

/** On a narrow screen one view is seen at a time. */
function show (view: string) {
  byId('desk').dataset.view = view
  for (const button of document.querySelectorAll<HTMLElement>('[data-to]')) button.setAttribute('aria-pressed', String(button.dataset.to === view))
}

const status = (text: string) => {
  write(byId('connection'), text)
  byId('connection').dataset.live = String(text === 'live')
}
const say = (text: string) => { write(byId('said'), text) }

export function trouble (text: string): void {
  write(byId('trouble'), text)
  byId('trouble').hidden = text === ''
}
