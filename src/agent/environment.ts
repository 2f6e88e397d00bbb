type Environment = Readonly<Record<string, string | undefined>>

/** What any program needs to find its files, speak the right language and reach the network. */
const COMMON = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLORTERM|TMPDIR|TMP|TEMP|XDG_[A-Z]+_(HOME|DIR)|(https?|all|no)_proxy|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$/

/**
 * What of `base`, the server's own environment, an agent may have: an allow list, since the rest is secrets, marks of
 * an agent that Iris itself may run in, and chance. `names`: what its kind needs beside what any program does.
 */
export function allowedEnvironment (base: Environment, names: readonly RegExp[] = []): Record<string, string> {
  const allowed = [COMMON, ...names]
  return Object.fromEntries(Object.entries(base).filter((entry): entry is [string, string] =>
    entry[1] !== undefined && allowed.some(names => names.test(entry[0]))))
}

/** W3C's headers of a trace as the variables that programs look for: TRACEPARENT, TRACESTATE. */
export function traceVariables (headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
}
