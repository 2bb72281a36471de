import type { OnCall } from '../../kube/request.ts';
import type { Tracer } from './span.ts';

/** Makes a span of each call to the Kubernetes API that follows from a traced one. */
export function createTraceCalls(tracer: Tracer, { monotonicMs }: { readonly monotonicMs: () => number }): OnCall {
  return ({ verb, resource, seconds, error }) => {
    const parent = tracer.current();
    if (parent === undefined) return;
    const endMs = monotonicMs();
    tracer.end(tracer.begin(parent), {
      ...{ name: `${verb} ${resource}`, kind: 'client', parent, error: error?.code },
      ...{ startMs: endMs - seconds * 1000, endMs },
    });
  };
}
