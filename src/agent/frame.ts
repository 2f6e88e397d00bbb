import type { Outcome } from './agent.ts'
import type { McpRequest } from './tool-calls.ts'
import type { Consumption } from './usage.ts'

/** A frame on stdout, as far as Iris reads it. Nothing of it is certain but that it is an object. */
export interface Frame extends Consumption {
  type?: string
  subtype?: string
  /** The ids of the messages that a frame answers. */
  user_message_uuid?: string
  user_message_uuids?: string[]
  /** The tool call whose sub-agent speaks. */
  parent_tool_use_id?: string | null
  message?: { id?: string, content?: string | Block[] }
  isReplay?: boolean
  uuid?: string
  /** command_lifecycle */
  command_uuid?: string
  state?: string
  /** stream_event */
  event?: { type?: string, message?: { id?: string }, delta?: { type?: string, text?: string } }
  api_message_id?: string
  abandoned_blocks?: unknown
  /** Of an assistant frame that the program made up to report a failure, and of api_retry: its kind. */
  error?: string
  /** api_retry */
  attempt?: number
  retry_delay_ms?: number
  error_status?: number | null
  /** result */
  origin?: unknown
  is_error?: boolean
  api_error_status?: number | null
  result?: string
  errors?: string[]
  structured_output?: unknown
  /** rate_limit_event; `resetsAt` in s */
  rate_limit_info?: { status?: string, resetsAt?: number }
  terminal_reason?: string
  /** control_request, control_cancel_request */
  request_id?: string
  request?: McpRequest & { tool_name?: string, input?: Record<string, unknown>, tool_use_id?: string }
  /** control_response */
  response?: ControlResponse
  claude_code_version?: string
}

interface Block { type?: string, id?: string, text?: string, tool_use_id?: string }

export interface ControlResponse {
  subtype?: string
  request_id?: string
  error?: string
  response?: { claude_code_version?: string }
}

export const blocksOf = ({ message }: Frame) => Array.isArray(message?.content) ? message.content : []

/** How a turn ended, by its result. */
export function judge (frame: Frame): { outcome: Outcome, error?: string, details?: Record<string, unknown> } {
  const outcome = outcomeOf(frame)
  if (outcome === 'completed') return { outcome }
  // What a program says of an interrupt is about its own insides.
  return { outcome, ...(outcome !== 'interrupted' && { error: reasonOf(frame) }), details: detailsOf(frame) }
}

/** The order matters: an abort and an error both occur under the subtype `success`, and a limit is an error too. */
function outcomeOf ({ subtype, is_error: isError, terminal_reason: reason }: Frame): Outcome {
  if (reason?.startsWith('aborted_')) return 'interrupted'
  if (subtype === 'error_max_turns' || subtype === 'error_max_budget_usd') return 'limit'
  return isError || subtype?.startsWith('error_') ? 'failed' : 'completed'
}

function reasonOf (frame: Frame) {
  return (frame.is_error && frame.result) || frame.errors?.[0] || frame.terminal_reason || frame.subtype || 'unknown'
}

function detailsOf ({ subtype, terminal_reason: terminalReason, api_error_status: status, errors }: Frame) {
  return {
    subtype,
    ...(terminalReason !== undefined && { terminalReason }),
    ...(typeof status === 'number' && { apiErrorStatus: status }),
    ...(errors !== undefined && { errors })
  }
}
