import type { FastifyRequest } from 'fastify'

/** Who is at the other end of a channel: the request that it was opened by, or what stands for one where there was none. */
export type Peer = Pick<FastifyRequest, 'caller' | 'judgeAnew' | 'count' | 'charge' | 'fault'> & Partial<Pick<FastifyRequest, 'ip' | 'headers'>>
