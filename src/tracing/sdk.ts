import type { Context, Span, SpanKind } from '@opentelemetry/api'

export type { Context, Span }

/** What of OpenTelemetry is used, without its globals. */
export interface Sdk {
  /** `at`: Unix ms. Without a parent it begins a trace of its own. */
  start (name: string, how: { kind?: keyof typeof SpanKind, parent?: Context | undefined, at: number, attributes: Record<string, string | number | undefined> }): Span
  /** The context in which children of this span are. */
  inside (span: Span): Context
  /** Ends it; `error` is what kind of failure it was. */
  end (span: Span, at: number, error?: string): void
  /** The context that W3C headers carry; undefined where they carry none. */
  extract (headers: Readonly<Record<string, unknown>>): Context | undefined
  /** The same, the other way: traceparent, and tracestate where there is one. */
  inject (context: Context): Record<string, string>
  /** Sends what was not sent yet. */
  shutdown (): Promise<void>
}

/** Loads OpenTelemetry's SDK, which nobody pays for who does not trace. Its other settings are those of its own variables, OTEL_…. */
export async function loadSdk ({ endpoint, version }: { endpoint: string, version: string }): Promise<Sdk> {
  const [{ ROOT_CONTEXT, SpanKind, SpanStatusCode, defaultTextMapGetter, defaultTextMapSetter, trace }, { BasicTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { detectResources, envDetector, resourceFromAttributes }, { W3CTraceContextPropagator }] = await Promise.all([
    import('@opentelemetry/api'), import('@opentelemetry/sdk-trace-base'), import('@opentelemetry/exporter-trace-otlp-http'), import('@opentelemetry/resources'), import('@opentelemetry/core')
  ])
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'iris', 'service.version': version }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: endpoint }))]
  })
  const tracer = provider.getTracer('iris', version)
  const propagator = new W3CTraceContextPropagator()
  // As seconds and ns: a bare number may be taken for one since the start of the process.
  const time = (ms: number): [number, number] => [Math.floor(ms / 1000), Math.round(ms % 1000 * 1e6)]

  return {
    start: (name, { kind = 'INTERNAL', parent = ROOT_CONTEXT, at, attributes }) => tracer.startSpan(name, { kind: SpanKind[kind], startTime: time(at), attributes }, parent),
    inside: span => trace.setSpan(ROOT_CONTEXT, span),
    end (span, at, error) {
      if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR, message: error })
      span.end(time(at))
    },
    extract (headers) {
      const context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
      return trace.getSpanContext(context) === undefined ? undefined : context
    },
    inject (context) {
      const headers: Record<string, string> = {}
      propagator.inject(context, headers, defaultTextMapSetter)
      return headers
    },
    shutdown: () => provider.shutdown()
  }
}
