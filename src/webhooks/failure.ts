/** Characters of a reason. */
const REASON = 300

type Words = (at: { host: string, hostname: string, secure: boolean }) => string

const UNTRUSTED: Words = ({ host }) => `the certificate of ${host} is signed by nobody whom this machine trusts. Where it is meant, name the file of its authority in NODE_EXTRA_CA_CERTS when the server starts`
const INCOMPLETE: Words = at => `${UNTRUSTED(at)}; where its authority is a public one, the certificates in between are missing there`
const CLOSED: Words = ({ host, secure }) => `${host} closed the connection before it answered${secure ? '' : '. Where it wants https, the address must begin with that'}`
const UNREACHABLE: Words = ({ host }) => `there is no way from this machine to ${host}. Is that machine up, and the network between?`

/** What the system or Node says by a code alone. The first that fits. */
const MEANINGS: ReadonlyArray<readonly [codes: RegExp, words: Words]> = [
  [/^ECONNREFUSED$/, ({ host }) => `nothing listens at ${host}. Does the receiver run, and is the port right?`],
  [/^ENOTFOUND$/, ({ hostname }) => `there is no host of the name ${hostname}. Is it spelt right?`],
  [/^EAI_AGAIN$/, ({ hostname }) => `the name ${hostname} cannot be looked up now: no name server answers this machine`],
  [/^(ECONNRESET|EPIPE)$/, CLOSED],
  [/^ETIMEDOUT$/, ({ host }) => `${host} does not answer: it is down, or a firewall drops what is sent there`],
  [/^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)$/, UNREACHABLE],
  [/^(EMFILE|ENFILE)$/, () => 'this machine lets the server open no more connections. Raise its limit of open files, e.g. by ulimit -n'],
  [/^CERT_HAS_EXPIRED$/, ({ host }) => `the certificate of ${host} has expired, or the clock of this machine is wrong`],
  [/^CERT_NOT_YET_VALID$/, ({ host }) => `the certificate of ${host} is not valid yet, or the clock of this machine is wrong`],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, ({ host, hostname }) => `the certificate of ${host} is not for the name ${hostname}. Give the address by the name that it is for`],
  [/^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?)$/, INCOMPLETE],
  [/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|CERT_\w+|INVALID_CA)$/, UNTRUSTED],
  [/^(EPROTO|ERR_SSL_\w+|ERR_TLS_\w+)$/, ({ host }) => `no TLS can be agreed on with ${host}. Where it has none, the address must begin with http`],
  [/^HPE_\w+$/, ({ host, secure }) => `what ${host} answers is no HTTP${secure ? '' : '. Where it wants https, the address must begin with that'}`]
]

/** Why a request to `url` came to nothing: a sentence, the system's own code at its end. What has no code has words of ours. */
export function wayFailed (err: unknown, url: string): string {
  const { message, code } = err as NodeJS.ErrnoException
  const { host, hostname, protocol } = new URL(url)
  const words = MEANINGS.find(([codes]) => codes.test(code ?? ''))?.[1]
  if (words !== undefined) return `${words({ host, hostname, secure: protocol === 'https:' })} (${code!})`
  const said = message.trim().slice(0, REASON) || 'the request failed'
  return code === undefined || said.includes(code) ? said : `${said} (${code})`
}
