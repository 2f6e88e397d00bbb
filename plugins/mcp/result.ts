/**
 * What a tool answered. It is said twice, as text and as structure, and both are written with the one JSON of it: so they say the
 * same, and it is put into words once.
 */
export class ToolResult {
  readonly content: readonly object[]
  readonly structuredContent: object
  readonly #json: string

  /** `json`: of the structured content. `content`: in the place of that as text. */
  constructor (structuredContent: object, json: string, content: readonly object[] = [{ type: 'text', text: json }]) {
    this.content = content
    this.structuredContent = structuredContent
    this.#json = json
  }

  /** Its fields as JSON, as they stand between braces. */
  fields (): string {
    return `"content":${JSON.stringify(this.content)},"structuredContent":${this.#json}`
  }
}

export class FailedResult extends ToolResult {
  readonly isError = true

  override fields (): string {
    return super.fields() + ',"isError":true'
  }
}
