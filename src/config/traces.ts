import type { Tracing } from '../../schemas/config.ts'
import type { Environment } from './environment.ts'

const PATH = '/v1/traces'

/** Where traces go, whole: what the file says, else what OpenTelemetry's own variables say; nowhere where they turn it off. */
export function tracesOf ({ endpoint }: Tracing, env: Environment): Tracing {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return {}
  if (endpoint === undefined && env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return { endpoint: env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT }
  const base = (endpoint ?? env.OTEL_EXPORTER_OTLP_ENDPOINT)?.replace(/\/+$/, '')
  return base ? { endpoint: base.endsWith(PATH) ? base : base + PATH } : {}
}
