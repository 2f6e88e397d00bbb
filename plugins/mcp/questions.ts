import type { Progress, Tool } from '../../src/tool.ts'
import { isObject, type Message } from './rpc.ts'

/** The params of `elicitation/create`: a form that the client shows to its person. */
export interface Form {
  message: string
  requestedSchema: { type: 'object', properties: Record<string, object>, required: string[] }
}

export interface Question {
  id: string
  form: Form
  /** When it is decided without an answer, Unix ms. */
  expiresAt: number | undefined
}

/** What an event says of a question: that it is asked, or that it is decided. */
export type Said = { asked: Question } | { decided: string } | undefined

/** The tool that decides what agents ask, as a form to fill in. */
export interface Questions {
  readonly tool: Tool
  read (progress: Progress): Said
  /**
   * What the tool is to be called with after this reply, which comes from outside and may be anything. Null: the person did
   * not want to say. Undefined: it is no reply. Only what the form asks for is taken from it.
   */
  inputOf (id: string, reply: unknown): Record<string, unknown> | null | undefined
}

/** Undefined where no tool answers questions. */
export function createQuestions (tools: readonly Tool[]): Questions | undefined {
  const tool = tools.find(({ answers }) => answers !== undefined)
  if (tool?.answers === undefined) return undefined
  const { input, answers: { asked, decided, id: key, form: fields, declined, words } } = tool
  const properties = Object.fromEntries(fields.map(field => [field, JSON.parse(JSON.stringify(input.properties[field])) as object]))
  const required = fields.filter(field => input.required?.includes(field))

  return {
    tool,
    read ({ event, data }) {
      if (event === decided) return { decided: data[key] }
      if (event !== asked) return undefined
      return { asked: { id: data[key], form: { message: words(data), requestedSchema: { type: 'object', properties, required } }, expiresAt: data.expiresAt } }
    },
    inputOf (id, reply) {
      if (!isObject(reply)) return undefined
      const content: Message = isObject(reply.content) ? reply.content : {}
      // A field that was left empty comes as an empty text from many a form.
      const filled = fields.filter(field => Object.hasOwn(content, field) && content[field] !== '' && content[field] !== null)
      switch (reply.action) {
        case 'accept': return { ...Object.fromEntries(filled.map(field => [field, content[field]])), [key]: id }
        case 'decline': return { ...declined, [key]: id }
        case 'cancel': return null
        default: return undefined
      }
    }
  }
}

/** Whether a client can show a form. One that says nothing of its modes shows forms: there was no other once. */
export function showsForms ({ elicitation }: Message): boolean {
  return isObject(elicitation) && (isObject(elicitation.form) || !isObject(elicitation.url))
}
