import { Type, type Static } from '@sinclair/typebox'
import { OneOf } from './one-of.ts'

const NO_CONTROLS = '^[^\\u0000-\\u001f\\u007f]*$'
const word = (description: string) => Type.String({ minLength: 1, maxLength: 4096, pattern: '^[^-\\s\\u0000-\\u001f\\u007f][^\\s\\u0000-\\u001f\\u007f]*$', description })
const path = (description: string) => Type.String({ minLength: 1, maxLength: 4096, pattern: '^[^-\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$', description })

const HOST = '[A-Za-z0-9_.:\\[][A-Za-z0-9_.:%\\[\\]-]*'
const USER = '[A-Za-z0-9_][A-Za-z0-9_.@+-]*'

/** Options of ssh that are not the configuration's to set: with others nothing would work, or end, as it is said to. */
export const FIXED_OPTIONS = [
  'BatchMode', 'RequestTTY', 'RemoteCommand', 'StdinNull', 'ForkAfterAuthentication', 'SessionType',
  'ControlMaster', 'ControlPath', 'ControlPersist', 'ClearAllForwardings', 'ExitOnForwardFailure', 'LogLevel'
] as const

/** A host that the system's OpenSSH client logs in to. */
export const Remote = Type.Object({
  host: Type.String({ maxLength: 255, pattern: `^${HOST}$`, description: 'A host name or address, or a `Host` of the ssh configuration: letters, digits and `_ . : - %`' }),
  user: Type.Optional(Type.String({ maxLength: 64, pattern: `^${USER}$`, description: 'Letters, digits and `_ . @ + -`, not beginning with `-`' })),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
  identity: Type.Optional(path('File of the private key, relative to this file; without it what the ssh agent and configuration offer')),
  jump: Type.Optional(Type.String({ maxLength: 1024, pattern: `^(${USER}@)?${HOST}(,(${USER}@)?${HOST})*$`, description: 'Hosts to go through: `[user@]host[:port]`, several with commas' })),
  config: Type.Optional(path('An ssh configuration file in the place of ~/.ssh/config')),
  options: Type.Optional(Type.Record(Type.String(), Type.Unsafe<string | number | boolean>({ type: ['string', 'number', 'boolean'], maxLength: 4096, pattern: NO_CONTROLS }), { description: 'Further options of ssh_config, e.g. ConnectTimeout: 5' }))
}, { additionalProperties: false, description: 'The agent runs on another host, over ssh' })
export type Remote = Static<typeof Remote>

/** A container: made for each session from an image, or one that runs already. */
export const Container = Type.Object({
  image: Type.Optional(word('Each session gets a container of this image, with the team\'s directory in it at the same path')),
  name: Type.Optional(word('In the place of `image`: a container that runs already. The team\'s path is one in it')),
  engine: OneOf(['docker', 'podman'], { default: 'docker' }),
  mounts: Type.Optional(Type.Array(path('As the engine\'s --volume has it: source:target[:options]'))),
  args: Type.Optional(Type.Array(Type.String({ maxLength: 4096 }), { description: 'Further arguments for `docker run` or `docker exec`' }))
}, { additionalProperties: false, description: 'The agent runs in a container' })
export type Container = Static<typeof Container>

/** Where a team's agents run when that is not simply here, and whether it is to be had. */
export const PlaceStatus = Type.Object({
  where: Type.String({ description: 'The host, or the container\'s image or name' }),
  state: OneOf(['online', 'offline', 'error'], { description: 'By the latest attempt to get there. offline: not reached, it is tried again; error: somebody has to put it right' }),
  since: Type.Integer({ description: 'Unix ms' }),
  reason: Type.String()
}, { additionalProperties: false })
export type PlaceStatus = Static<typeof PlaceStatus>
