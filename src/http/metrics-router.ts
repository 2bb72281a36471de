import { Router } from 'express';
import { createRoute, type RouteDeps, refuseOtherMethods } from './route.ts';
import { sendBytes } from './send-json.ts';

export interface MetricsRouterDeps extends RouteDeps {
  metricsText(): Promise<{ readonly contentType: string; readonly body: Buffer }>;
}

/** Makes the route for Prometheus. */
export function createMetricsRouter(deps: MetricsRouterDeps): Router {
  const metrics = createRoute('/metrics', deps, async (_req, res) => {
    const { contentType, body } = await deps.metricsText();
    sendBytes(res, 200, body, contentType);
  });
  const router = Router();
  router.route('/metrics').get(metrics).all(refuseOtherMethods('GET, HEAD'));
  return router;
}
