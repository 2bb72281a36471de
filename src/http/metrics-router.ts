import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import { createRoute, type RouteDeps, refuseOtherMethods } from './route.ts';

export interface MetricsRouterDeps extends RouteDeps {
  /** In parts, each of which is made when the one before has been taken. */
  metricsText(): Promise<{
    readonly contentType: string;
    readonly body: Iterable<Buffer> | AsyncIterable<Buffer>;
  }>;
}

/** Makes the route for Prometheus. */
export function createMetricsRouter(deps: MetricsRouterDeps): Router {
  const metrics = createRoute('/metrics', deps, async (_req, res) => {
    const { contentType, body } = await deps.metricsText();
    res.writeHead(200, { 'Content-Type': contentType });
    await pipeline(body, res).catch(endQuietly);
  });
  const router = Router();
  router.route('/metrics').get(metrics).all(refuseOtherMethods('GET, HEAD'));
  return router;
}

// A client that has gone needs no more, and that is nobody's fault.
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}
