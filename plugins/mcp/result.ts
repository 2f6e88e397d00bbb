/**
 * What a tool answered. It is said twice, as text and as structure, and both are written with the one JSON of it: so they say the
 * same, and it is put into words once.
 */
export class ToolResult {
  readonly structuredContent: object
  readonly isError: boolean
  readonly #json: string
  readonly #content: readonly object[] | undefined

  /** `json`: of the structured content. `content`: in the place of that as text. */
  constructor (structuredContent: object, json: string, { isError = false, content }: { isError?: boolean, content?: readonly object[] | undefined } = {}) {
    this.structuredContent = structuredContent
    this.isError = isError
    this.#json = json
    this.#content = content
  }

  /** Its fields as JSON, as they stand between braces. */
  fields (): string {
    const content = this.#content === undefined ? `[{"type":"text","text":${JSON.stringify(this.#json)}}]` : JSON.stringify(this.#content)
    return `"content":${content},"structuredContent":${this.#json}${this.isError ? ',"isError":true' : ''}`
  }

  /** For whoever writes it as JSON by other means. */
  toJSON (): object {
    const content = this.#content ?? [{ type: 'text', text: this.#json }]
    return { content, structuredContent: this.structuredContent, ...(this.isError && { isError: true }) }
  }
}
