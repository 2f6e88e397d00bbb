import type { Outgoing } from './agent.ts'

/** A message as the program takes it: its text alone, or blocks of its files and then its text. */
export function contentOf ({ text, attachments = [] }: Outgoing): string | object[] {
  if (attachments.length === 0) return plain(text)
  const blocks = attachments.flatMap(({ name, mediaType, data }) => {
    const base64 = { type: 'base64', media_type: mediaType, data: data.toString('base64') }
    if (mediaType.startsWith('image/')) return [{ type: 'text', text: `The image ${name}:` }, { type: 'image', source: base64 }]
    const source = mediaType === 'application/pdf' ? base64 : { type: 'text', media_type: 'text/plain', data: data.toString('utf8') }
    return [{ type: 'document', source, title: name }]
  })
  return [...blocks, { type: 'text', text: plain(text) }]
}

/** Text that begins with a slash is a command to the program, e.g. /clear, unless it is told better; older versions heed only the space. */
export const composed = (text: string) => text.startsWith('/') ? { client_composed: true } : {}
const plain = (text: string) => text.startsWith('/') ? ` ${text}` : text
