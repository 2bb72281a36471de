import { codeOf } from '../describe-error.ts';
import type { Tracer } from './span.ts';
import { parseTraceparent } from './traceparent.ts';

/** Runs a wake that a caller asked for by HTTP, as a span below the caller's. */
export type TraceWake = (
  traceparent: string | string[] | undefined,
  ref: { readonly namespace: string; readonly service: string },
  wake: () => Promise<void>,
) => Promise<void>;

/** Makes the span of a wake request; what the wake does in the cluster goes below it. */
export function createTraceWake(tracer: Tracer, { monotonicMs }: { readonly monotonicMs: () => number }): TraceWake {
  return async (traceparent, { namespace, service }, wake) => {
    const parent = parseTraceparent(typeof traceparent === 'string' ? traceparent : undefined);
    const context = tracer.begin(parent);
    const startMs = monotonicMs();
    const end = (error?: string) =>
      tracer.end(context, {
        ...{ name: 'wake request', kind: 'server', parent, startMs, endMs: monotonicMs(), error },
        attributes: { 'k8s.namespace.name': namespace, 'elasti.service': service },
      });
    try {
      await tracer.within(context, wake);
      end();
    } catch (error) {
      end(codeOf(error) ?? 'INTERNAL');
      throw error;
    }
  };
}
