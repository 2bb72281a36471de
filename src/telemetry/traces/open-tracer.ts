import type { Clock, Random } from '../../effects/ports.ts';
import type { OtlpExporterDeps } from './otlp-exporter.ts';
import type { PostSpansOptions } from './post-spans.ts';
import type { Tracer } from './span.ts';

export type TracesConfig = PostSpansOptions;

export interface OpenTracerDeps extends Pick<OtlpExporterDeps, 'onSpans'> {
  readonly clock: Clock;
  readonly random: Random;
}

/** Gives a tracer that sends to a collector; without one nothing is loaded, and nobody traces. */
export async function openTracer(
  config: TracesConfig | undefined,
  { clock, random, onSpans }: OpenTracerDeps,
): Promise<Tracer | undefined> {
  if (config === undefined) return undefined;
  const [{ createPostSpans }, { createOtlpExporter }, { createTracer }] = await Promise.all([
    import('./post-spans.ts'),
    import('./otlp-exporter.ts'),
    import('./tracer.ts'),
  ]);
  const exporter = createOtlpExporter({ post: createPostSpans(config), clock, random, onSpans });
  return createTracer({ clock, exporter });
}
