import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import Router from 'router';
import { createRoute, type RouteDeps, refuseOtherMethods } from './route.ts';

export interface MetricsRouterDeps extends RouteDeps {
  /** In parts, each of which is made when the one before has been taken. */
  metricsText(): Promise<{
    readonly contentType: string;
    readonly body: Iterable<Buffer> | AsyncIterable<Buffer>;
  }>;
}

/** Makes the route for Prometheus. */
export function createMetricsRouter(deps: MetricsRouterDeps): Router.Router {
  const metrics = createRoute('/metrics', deps, async (_req, res) => {
    const { contentType, body } = await deps.metricsText();
    res.writeHead(200, { 'Content-Type': contentType });
    await sendParts(res, body);
  });
  const router = Router();
  router.route('/metrics').get(metrics).all(refuseOtherMethods('GET, HEAD'));
  return router;
}

/** Ends where the client has gone. */
async function sendParts(res: ServerResponse, parts: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<void> {
  const closed = once(res, 'close');
  for await (const part of parts) {
    if (res.destroyed) return;
    if (!res.write(part)) await Promise.race([once(res, 'drain'), closed]);
  }
  res.end();
}
