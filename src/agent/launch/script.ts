import type { Program } from '../agent.ts'
import { quote } from './quote.ts'

/** The environment variable that carries the session a process elsewhere works for: who comes later finds what was left. */
const SESSION = 'IRIS_SESSION'
/** The one that carries which of its starts that was: its end is not the end of a later one. */
const START = 'IRIS_START'

/** How long a program is given after the end of its input, then after SIGTERM, in s. */
const AFTER_END = 1
const AFTER_TERM = 2
/** How much longer than a program here it takes until all of one elsewhere is gone, at most, in ms: for the way there and back, and the sweep. */
export const GRACE = (AFTER_END + AFTER_TERM) * 1000 + 2000

/**
 * The command that is given to the login shell elsewhere: it runs the script that comes by stdin, once it is there to
 * its last line, which is `nonce`. Nothing of a team's is in it, so there is nothing to be misread by whatever shell
 * that is, nor for others to read in its arguments; it uses no quote, backslash or `!` within its own quotes.
 */
export const loader = (nonce: string) =>
  `exec sh -c 's=; n=$(echo; echo x); n=\${n%x}; while IFS= read -r l; do if [ "$l" = ${nonce} ]; then eval "$s"; exit; fi; s=$s$l$n; done; exit 1'`

/** What the first line of stdout is, whatever a login shell has printed before. */
export const greeting = (nonce: string) => `${nonce} ready\n`

/** What the last line of stderr is: the program's exit status. Without it the way there broke. */
export const ending = (nonce: string) => new RegExp(`\\n?${nonce} ended (\\d+)\\n`)

/** Becomes the program, in a process group of its own where that can be made. */
const APART = [
  'if command -v setsid > /dev/null; then exec setsid "$@" 6>&-; fi',
  'if command -v perl > /dev/null; then exec perl -e "setpgrp(0, 0); exec { \\$ARGV[0] } @ARGV or exit 127" "$@" 6>&-; fi',
  'exec "$@" 6>&-'
].join('; ')

/**
 * The script that runs a program elsewhere and ends with it; its last line is `nonce`. The program is in a process
 * group of its own, where a program for that is there. It gets what comes by stdin through a relay, so that the end of
 * the connection is seen: then, and when it has ended by itself, it and all that it started are ended: its group, and on
 * Linux all that carry its mark. So is, before it begins, what an earlier connection of the session left.
 */
export function script ({ command, args, cwd, env }: Program, { nonce, session }: { nonce: string, session: string }): string {
  const variables = Object.entries({ ...env, [SESSION]: session, [START]: nonce }).map(([name, value]) => `export ${name}=${quote(value)}`)
  return `left () {
  for f in /proc/[0-9]*/environ; do
    if [ -r "$f" ] && tr '\\0' '\\n' < "$f" | grep -qx "$1"; then f=\${f#/proc/}; echo "\${f%/environ}"; fi
  done
}
if printf 'a\\0b\\0' | grep -qzx b; then left () { grep -lszx "$1" /proc/[0-9]*/environ | tr -dc '0-9\\n'; }; fi
clear () {
  rounds=0
  while p=$(left "$1"); [ -n "$p" ] && [ "$rounds" -lt 10 ]; do kill -s KILL $p; rounds=$((rounds + 1)); done
}
end () { kill -s "$1" -- "-$agent" || kill -s "$1" "$agent"; }
bye () { printf '\\n${nonce} ended %s\\n' "$1" >&2; exit "$1"; }
{ p=$(left ${SESSION}=${session}); if [ -n "$p" ]; then kill -s TERM $p; sleep 1; clear ${SESSION}=${session}; fi; } 2> /dev/null
printf '${greeting(nonce).trimEnd()}\\n'
cd ${quote(cwd)} || bye 126
exec 4>&1
{
  { sh -c 'echo "relay $$" >&6; exec cat 4>&- 6>&-'; echo end >&6; } 2> /dev/null | {
    (
      ${variables.join('\n')}
      set -- ${[command, ...args].map(quote).join(' ')}
      command -v "$1" > /dev/null || { printf '%s: not found\\n' "$1" >&2; exit 127; }
      exec sh -c 'echo "agent $$" >&6; ${APART}' sh "$@" >&4 4>&-
    )
    echo "status $?" >&6
  }
} 6>&1 | {
  agent= ended= killer= relay= status=
  while { [ -z "$status" ] || [ -z "$relay" ]; } && read -r what n; do
    case $what in
      relay) relay=$n;;
      agent) agent=$n;;
      end) ended=1;;
      status) status=$n;;
    esac
    if [ -n "$ended" ] && [ -n "$agent" ] && [ -z "$killer" ]; then
      (sleep ${AFTER_END}; end TERM; sleep ${AFTER_TERM}; end KILL) > /dev/null 2>&1 < /dev/null 4>&- &
      killer=$!
    fi
  done
  {
    if [ -n "$killer" ]; then kill "$killer"; fi
    if [ -n "$agent" ]; then end KILL; fi
    clear ${START}=${nonce}
    if [ -n "$relay" ]; then kill "$relay"; fi
  } 2> /dev/null
  bye "\${status:-1}"
}
${nonce}
`
}
