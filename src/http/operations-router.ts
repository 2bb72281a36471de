import Router from 'router';
import type { Gate } from './gate.ts';
import { createRoute, type RouteDeps, refuseOtherMethods } from './route.ts';
import { sendJson } from './send-json.ts';

export interface OperationsRouterDeps extends RouteDeps {
  /** reason: why, or why not, fit for whoever may see the port. */
  isReady(): Promise<{ readonly ready: boolean; readonly reason: string }>;
  readonly gate: Gate;
}

/** Makes the routes for the kubelet. The gate does not bound them: they count most when all else is too much. */
export function createOperationsRouter(deps: OperationsRouterDeps): Router.Router {
  const router = Router();

  const health = createRoute('/healthz', deps, (_req, res) => sendJson(res, 200, { status: 'ok' }));
  const readiness = createRoute('/readyz', deps, async (_req, res) => {
    const { ready, reason } = deps.gate.isShuttingDown()
      ? { ready: false, reason: 'shutting down' }
      : await deps.isReady();
    if (ready) return sendJson(res, 200, { status: 'ok' });
    sendJson(res, 503, { status: 'not ready', reason });
  });

  router.route('/healthz').get(health).all(refuseOtherMethods('GET, HEAD'));
  router.route('/readyz').get(readiness).all(refuseOtherMethods('GET, HEAD'));
  return router;
}
