import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Api } from '../schemas/config.ts'
import { TeamName } from '../schemas/team.ts'
import { ForbiddenError, UnauthorizedError, ValidationError, type IrisError } from '../src/errors.ts'
import { speaker, type Caller } from '../src/tool.ts'

/** What of a request is judged, and what comes of it. */
type Judged = Pick<FastifyRequest, 'caller' | 'token' | 'authError' | 'identify' | 'judgeAnew' | 'headers' | 'ip' | 'routeOptions'>

declare module 'fastify' {
  interface FastifyInstance {
    /** What stands for a request where somebody of this process speaks by none: it is judged by its token and headers like one. */
    visitor (given: Pick<FastifyRequest, 'token'> & { headers: Readonly<Record<string, string>>, url: string }): Judged
  }
  interface FastifyRequest {
    /** Who calls, by its key; null while that is unknown. */
    caller: Caller | null
    /** The key as it was sent; null where none was. */
    token: string | null
    /** Why this caller is refused; null where it is not. */
    authError: IrisError | null
    /** Judge a token, or the lack of one, as of now. Sets the three above; null is refused or unknown. */
    identify (token: string | null): Caller | null
    /** Judge the same token again, where a request, or what it opened, lives on. Why its caller is refused now; null where it is not. */
    judgeAnew (): IrisError | null
  }
  interface FastifyContextConfig {
    /** A key is needed here; `later`: it may still come after the upgrade, but a wrong one is refused at once. */
    auth?: true | 'later'
  }
}

export interface AuthOptions {
  api: () => Pick<Api, 'requireAuth'>
  /** Null for a token that is wrong, expired or revoked. */
  authenticate (token: string): Caller | null
  /** Who calls without a token where none is required. */
  anonymous: Caller
  /** Hears of each refusal, once. */
  refused? (request: FastifyRequest, err: Error): void
}

const NAME = new RegExp(TeamName.pattern!)

/**
 * Learns who calls, first; refuses later, in a hook of the route itself, so that what stands between (the limits) counts
 * refused requests too, and before the body is read.
 */
async function auth (app: FastifyInstance, { api, authenticate, anonymous, refused }: AuthOptions): Promise<void> {
  app.decorateRequest('caller', null)
  app.decorateRequest('token', null)
  app.decorateRequest('authError', null)
  const identify = function (this: FastifyRequest, token: string | null) {
    this.token = token
    this.authError = null
    this.caller = token === null ? (api().requireAuth ? null : anonymous) : token === '' ? null : authenticate(token)
    if (this.caller === null) {
      if (token === null) return null
      this.authError = new UnauthorizedError('This key is wrong, expired or revoked')
      refused?.(this, this.authError)
      return null
    }
    const as = this.headers['iris-as']
    if (as === undefined) return this.caller
    try {
      this.caller = { ...this.caller, self: speaker(this.caller, nameIn(as)) }
      return this.caller
    } catch (err) {
      this.authError = err as IrisError
      if (err instanceof ForbiddenError) refused?.(this, err)
      return null
    }
  }
  const judgeAnew = function (this: FastifyRequest) {
    return this.identify(this.token) === null ? this.authError ?? new UnauthorizedError('A key is needed now') : null
  }
  app.decorateRequest('identify', identify)
  app.decorateRequest('judgeAnew', judgeAnew)
  app.decorate('visitor', ({ token, headers, url }) => {
    const judged = { caller: null, token, authError: null, headers, routeOptions: { url }, identify, judgeAnew } as unknown as Judged
    judged.identify(token)
    return judged
  })

  app.addHook('onRequest', (request, _reply, done) => {
    request.identify(bearer(request.headers.authorization))
    done()
  })

  app.addHook('onRoute', route => {
    const needs = route.config?.auth
    if (needs === undefined) return
    route.onRequest = [route.onRequest ?? []].flat().concat((request, _reply, done) => {
      if (request.authError !== null) return done(request.authError)
      if (request.caller !== null || needs !== true) return done()
      const missing = new UnauthorizedError('A key is needed, as the header Authorization: Bearer <key>')
      refused?.(request, missing)
      done(missing)
    })
  })
}

export default fp(auth, { name: 'iris-auth' })

/** A header of another scheme is a token that no key matches. */
function bearer (header: string | undefined): string | null {
  return header === undefined ? null : /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? ''
}

function nameIn (header: string | string[]): string {
  if (typeof header !== 'string' || !NAME.test(header)) throw new ValidationError(`The header Iris-As is malformed; expected: ${TeamName.description!}`)
  return header
}
