import { Router } from 'express';
import { createRoute, type RouteDeps, refuseOtherMethods } from './route.ts';
import { sendBytes } from './send-json.ts';

export interface MetricsRouterDeps extends RouteDeps {
  metricsText(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Makes the route for Prometheus. */
export function createMetricsRouter(deps: MetricsRouterDeps): Router {
  const metrics = createRoute('/metrics', deps, async (_req, res) => {
    const { contentType, text } = await deps.metricsText();
    sendBytes(res, 200, Buffer.from(text), contentType);
  });
  const router = Router();
  router.route('/metrics').get(metrics).all(refuseOtherMethods('GET, HEAD'));
  return router;
}
