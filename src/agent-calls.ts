import type { Team } from '../schemas/config.ts'
import type { Permission } from '../schemas/key.ts'
import type { Access, Toolbox, ToolPipe } from './agent/agent.ts'
import { nameOnPipe } from './agent/tool-calls.ts'
import { AGENT_NAMES, type Keys } from './keys.ts'
import { isRuled } from './policy.ts'
import type { Store, TellRow } from './store/store.ts'
import type { Caller } from './tool.ts'

/** What brings the calls of agents in. It is there once the server is built, and has an address once it listens. */
export interface Carriers {
  /** The MCP server at the end of an agent's pipe. `caller` is asked at each call. */
  open (caller: () => Caller, ...end: Parameters<Toolbox['open']>): ToolPipe
  names (caller: Caller): readonly string[]
  /** E.g. http://127.0.0.1:1615 */
  url: string
}

/** How one living agent calls Iris: what it gets of `Start`. It is over with its process. */
export interface Badge extends Partial<{ readonly access: Access, readonly tools: Toolbox }> {
  end (): void
}

export interface AgentCalls {
  /** For one start of the agent of a session. `pipe`: whether it calls over its own pipe, so that it needs no key. */
  begin (sessionId: string, team: Team, pipe: boolean): Badge
  carriedBy (carriers: Partial<Carriers>): void
}

/** What an agent may do at the most, whoever told it. */
const MOST: ReadonlySet<Permission> = new Set(['tell', 'status', 'wake'] as const)
/** What it may do while it works on no tell, and of no team but its own. */
const UNTOLD: ReadonlySet<Permission> = new Set(['status'] as const)

type Rights = Pick<Caller, 'permissions' | 'teams'>
const NONE: Rights = { permissions: new Set(), teams: new Set() }

/**
 * Who agents are when they call Iris: their team in fact, with less than who told them may do. It follows from the tell
 * that is running and from the keys and teams as they are at the call, so that nothing outlives what it comes from.
 */
export function createAgentCalls ({ store: { tells }, keys, team }: {
  store: Pick<Store, 'tells'>
  keys: Pick<Keys, 'named' | 'lend'>
  /** As it is now. */
  team: (name: string) => Team | undefined
}): AgentCalls {
  let carriers: Partial<Carriers> = {}

  /** What the agent that works on this tell may do: no more than who sent it, which may be an agent too. */
  function rights ({ caller, parentId, to }: TellRow): Rights {
    const above = caller.startsWith(AGENT_NAMES) ? rightsAt(parentId) : keys.named(caller)
    const { reach = true } = team(to) ?? { reach: false }
    if (above === null || reach === false) return NONE
    const { permissions, teams } = above
    return {
      permissions: permissions.has('admin') ? MOST : new Set([...permissions].filter(one => MOST.has(one))),
      teams: reach === true ? teams : new Set(reach.filter(name => teams?.has(name) ?? true))
    }
  }

  function rightsAt (tellId: string | null): Rights | null {
    const tell = tellId === null ? undefined : tells.get(tellId)
    return tell === undefined ? null : rights(tell)
  }

  function callerOf (sessionId: string, name: string): Caller {
    const running = tells.list({ sessionId, state: 'running' }, { limit: 1 }).rows[0]
    return {
      // Of this session alone: what it has told is not for the team's agents in other conversations.
      name: `${AGENT_NAMES}${name}:${sessionId}`,
      self: name,
      as: new Set([name]),
      session: sessionId,
      most: MOST,
      ...(running !== undefined ? rights(running) : team(name)?.reach === false ? NONE : { permissions: UNTOLD, teams: new Set([name]) })
    }
  }

  return {
    begin (sessionId, of, pipe) {
      const { name } = of
      const { open, names, url } = carriers
      const caller = () => callerOf(sessionId, name)
      if (of.reach !== false && pipe && open !== undefined && names !== undefined) {
        const unasked = names(caller()).filter(tool => !isRuled(of.permissions, nameOnPipe(tool)))
        return { tools: { names: unasked, open: (...end) => open(caller, ...end) }, end () {} }
      }
      if (of.reach === false || pipe || url === undefined) return { end () {} }
      const { key, end } = keys.lend(caller)
      return { access: { url, key }, end }
    },
    carriedBy (more) { carriers = { ...carriers, ...more } }
  }
}
