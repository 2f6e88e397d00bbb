import type { StoredEvent } from '../../schemas/event.ts'
import type { WebhookFormat } from '../../schemas/webhook.ts'

/** Characters of a message: Slack advises 4000, Discord refuses more than 2000. */
const SLACK = 4000
const DISCORD = 2000
/** Characters of what was said that a sentence holds, before it is escaped. */
const SAID = 3000

/** What happened, as the body of a request. `frame` is the event as JSON. */
export function bodyOf (format: WebhookFormat, sentence: () => string, frame: () => string): string {
  switch (format) {
    case 'plain': return frame()
    // What stands between < and > could address everybody in the channel.
    case 'slack': return JSON.stringify({ text: escaped(sentence(), SLACK, char => SLACK_MARKS[char] ?? char) })
    case 'discord': return JSON.stringify({ content: escaped(sentence(), DISCORD, char => DISCORD_MARKS.test(char) ? `\\${char}` : char), allowed_mentions: { parse: [] } })
  }
}

const SLACK_MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const DISCORD_MARKS = /^[\\*_~`|>#[\]()<@]$/

/** At most `most` UTF-16 units; nothing is cut in the middle of a character or of its escape. */
function escaped (text: string, most: number, escape: (char: string) => string): string {
  let out = ''
  for (const char of text) {
    const next = escape(char)
    if (out.length + next.length > most - 1) return `${out}…`
    out += next
  }
  return out
}

/** An event in words, for people. */
export function sentenceOf ({ event, data }: StoredEvent): string {
  const { team } = data
  switch (event) {
    case 'tell:started': return `${data.from} tells ${team} something`
    case 'tell:complete': return `${team} answers ${data.from}: ${cut(data.response)}`
    case 'tell:error': return `A tell to ${team} is ${data.state}: ${cut(data.error.message)}`
    case 'process:spawned': return `${team} is awake`
    case 'process:terminated': return `The agent of ${team} has ended: ${data.reason}`
    case 'process:error': return `The agent of ${team} could not be started: ${cut(data.error.message)}`
    case 'approval:requested': return `${team} asks whether it may use ${data.tool}: ${cut(JSON.stringify(data.input))}`
    case 'approval:resolved': return `Whether ${team} may use ${data.tool} is decided: ${data.state}, by ${data.by}`
    case 'cache:message': return `${team} (${data.message.type}): ${cut(JSON.stringify(data.message.data))}`
    default: return `${event} of ${team}`
  }
}

const cut = (text: string) => text.length > SAID ? `${text.slice(0, SAID)}…` : text
