import { ForbiddenError } from '../js/src/error-names.ts'
import type { IrisEvent } from '../js/src/follow.ts'
import type { Iris } from '../js/src/iris.ts'
import type { CacheReadOutput } from '../js/src/tools.ts'
import { Conversation, isOver, type Turn } from './conversation.ts'

/** Entries of the cache that one request brings, and how many such requests a long conversation is worth. */
const PAGE = 1000
const PAGES = 10

/** A tell whose answer no event brings is waited for in pieces, ms. */
const WAIT = 25_000

/** The conversation that is open: read whole once, then grown by events. */
export class Talk {
  team: string | undefined
  /** Who speaks in it; undefined: the key itself. */
  from: string | undefined
  conversation: Conversation | undefined
  private readonly iris: Iris
  private readonly changed: () => void
  /** Whether this key may read what is said; if not, it still finds its own tells by asking for them. */
  private readable = true
  /** What happens while the past is read. */
  private meanwhile: IrisEvent[] | undefined

  constructor (iris: Iris, changed: () => void) {
    this.iris = iris
    this.changed = changed
  }

  get sessionId (): string | undefined { return this.conversation?.sessionId }

  /** The tells that can be cancelled, the running one first. */
  get running (): Turn[] {
    return [...this.conversation?.turns.values() ?? []].filter(turn => turn.asked && !isOver(turn))
  }

  /** Without a session: a conversation that begins with the first tell. */
  async open (team: string, sessionId?: string, from?: string): Promise<void> {
    this.team = team
    this.from = from
    const conversation = this.conversation = sessionId === undefined ? undefined : new Conversation(sessionId)
    this.meanwhile = []
    this.changed()
    if (conversation === undefined) return
    const entries = await this.entries(conversation.sessionId)
    const { tells } = await this.iris.tellList({ session: conversation.sessionId, limit: 100 })
    // The answer so far of what runs; its list has only the beginning.
    const whole = await Promise.all(tells.map(async tell => tell.state === 'running' ? await this.iris.tellGet({ tellId: tell.tellId }) : tell))
    if (this.conversation !== conversation) return
    conversation.load(entries, whole)
    const missed = this.meanwhile
    this.meanwhile = undefined
    for (const event of missed) this.hear(event)
    this.changed()
  }

  private async entries (sessionId: string): Promise<CacheReadOutput['entries']> {
    const entries: CacheReadOutput['entries'] = []
    this.readable = true
    try {
      let after: number | undefined = 0
      for (let page = 0; after !== undefined && page < PAGES; page++) {
        const read: CacheReadOutput = await this.iris.cacheRead({ sessionId, after, limit: PAGE })
        entries.push(...read.entries)
        after = read.next
      }
    } catch (err) {
      if (!(err instanceof ForbiddenError)) throw err
      this.readable = false
    }
    return entries
  }

  hear (event: IrisEvent): void {
    const { conversation } = this
    if (conversation === undefined || event.data.sessionId !== conversation.sessionId) return
    if (this.meanwhile !== undefined) this.meanwhile.push(event)
    else if (!conversation.apply(event)) void this.look(conversation, String(event.data.tellId))
    this.changed()
  }

  /** Asks how a tell stands. */
  private async look (conversation: Conversation, tellId: string, wait?: number): Promise<Turn> {
    const turn = conversation.turn(tellId)
    conversation.become(turn, await this.iris.tellGet({ tellId, ...(wait !== undefined && { wait }) }))
    this.changed()
    return turn
  }

  async tell (message: string): Promise<void> {
    const told = await this.iris.teamTell({ toTeam: this.team!, message, timeout: -1, ...(this.from !== undefined && { fromTeam: this.from }) })
    if (this.sessionId !== told.sessionId) await this.open(told.to, told.sessionId, told.from)
    const conversation = this.conversation
    if (conversation?.sessionId !== told.sessionId) return
    const turn = conversation.turn(told.tellId)
    conversation.become(turn, { message, from: told.from })
    this.changed()
    if (this.readable) return
    do await this.look(conversation, told.tellId, WAIT)
    while (!isOver(turn))
  }

  async cancel (): Promise<void> {
    const [turn] = this.running
    if (turn !== undefined) await this.iris.tellCancel({ tellId: turn.id })
  }
}
