import Router from 'router';
import { WakeRequest } from '../api/wake.ts';
import type { TraceWake } from '../telemetry/traces/trace-wake.ts';
import { readJson } from './body.ts';
import type { Gate } from './gate.ts';
import { createRoute, type RouteDeps, refuseOtherMethods } from './route.ts';
import { sendJson } from './send-json.ts';

export interface WakeRouterDeps extends RouteDeps {
  /**
   * Resolves once the wake is recorded and so survives us. Throws UnknownServiceError, or KubeApiError where it could not be
   * recorded.
   */
  wake(ref: { readonly namespace: string; readonly service: string }): Promise<void>;
  readonly gate: Gate;
  readonly traceWake?: TraceWake | undefined;
}

const WAKE_PATH = '/informer/incoming-request';
const WAKE_BODY_LIMIT_BYTES = 16 * 1024;

/** Makes the route by which the resolver wakes a service that it holds requests for. */
export function createWakeRouter(deps: WakeRouterDeps): Router.Router {
  const router = Router();
  const handle = createRoute(WAKE_PATH, deps, async (req, res, _next, about) => {
    // A wake must not be lost: while shutting down it is still served, and the connection ends after it.
    if (deps.gate.isShuttingDown()) res.setHeader('Connection', 'close');
    // The body comes before the gate: it is small, and anybody in the cluster may send it as slowly as the server allows.
    const { svc, namespace } = await readJson(req, { schema: WakeRequest, limitBytes: WAKE_BODY_LIMIT_BYTES });
    about.namespace = namespace;
    about.name = svc;
    const ref = { namespace, service: svc };
    const wake = () => deps.gate.pass(() => deps.wake(ref), { isServedWhileShuttingDown: true });
    await (deps.traceWake ? deps.traceWake(req.headers.traceparent, ref, wake) : wake());
    sendJson(res, 200, { message: 'Request received successfully!' });
  });
  router.route(WAKE_PATH).post(handle).all(refuseOtherMethods('POST'));
  return router;
}
