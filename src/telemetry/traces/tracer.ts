import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../effects/ports.ts';
import type { OtlpExporter } from './otlp-exporter.ts';
import type { SpanContext, Tracer } from './span.ts';

export interface TracerDeps {
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly exporter: OtlpExporter;
}

/** The wall clock was set, rather than read a moment later. */
const STEP_MS = 1000;

/** Creates a tracer of its own: OpenTelemetry's global one, which Sentry may have set, is left alone. */
export function createTracer({ clock, exporter }: TracerDeps): Tracer {
  const currentSpan = new AsyncLocalStorage<SpanContext>();
  const readOffsetMs = () => clock.now().getTime() - clock.monotonicMs();
  let offsetMs = readOffsetMs();

  /** Both clocks are read at different moments: one offset for all keeps the spans of a trace in their order. */
  const toWallMs = (monotonicMs: number): number => {
    const nextMs = readOffsetMs();
    if (Math.abs(nextMs - offsetMs) > STEP_MS) offsetMs = nextMs;
    return monotonicMs + offsetMs;
  };

  return {
    begin: (parent) => ({
      traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
    }),
    end: (context, span) =>
      exporter.add({ ...span, context, startMs: toWallMs(span.startMs), endMs: toWallMs(span.endMs) }),
    within: (context, act) => currentSpan.run(context, act),
    current: () => currentSpan.getStore(),
    close: exporter.close,
  };
}
