/** The store in which @fastify/rate-limit counts, which comes without types. */
declare module '@fastify/rate-limit/store/LocalStore.js' {
  export default class LocalStore {
    /** `cache`: how many keys are remembered. */
    constructor (continueExceeding: boolean, exponentialBackoff: boolean, cache: number)
    /** Counts one more, and answers before it returns. `ttl` and `timeWindow` are ms. */
    incr (key: string, answer: (err: null, counted: { readonly current: number, readonly ttl: number }) => void, timeWindow: number, max: number): void
  }
}
