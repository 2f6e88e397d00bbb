import type { Message } from './mcp-message.ts'

/** An ordered way for messages to a server and back. */
export interface Link {
  /** The longest message that it takes, bytes. */
  readonly limit: number
  /** Whether a session is known to this link alone, so that the next one has to open it again. */
  readonly forgetful: boolean
  /** `line` is the JSON of `message`, without a line break. */
  send (line: string, message: Message | Message[]): void
  /** What was sent is still delivered, until it is `enough`. Never rejects. */
  close (enough: Promise<void>): Promise<void>
}

export interface LinkEvents {
  /** A message of the server, as JSON. While what is returned is pending, no more of them should come. */
  hear (message: string | Buffer): Promise<void> | undefined
  /** The link is gone, with all that waits for an answer on it. */
  lost (why: string): void
}
