import Router from 'router';
import { type CrdCacheDeps, createCrdCache } from './crd-cache.ts';
import { createRoute, type RouteDeps, refuseOtherMethods } from './route.ts';
import { sendBytes } from './send-json.ts';

export type CrdCacheRouterDeps = CrdCacheDeps & RouteDeps;

/** Makes the route from which the resolver learns every 5 min what it may answer itself. */
export function createCrdCacheRouter(deps: CrdCacheRouterDeps): Router.Router {
  const router = Router();
  const readCrdCache = createCrdCache(deps);
  const handle = createRoute('/crd-cache', deps, async (_req, res) => {
    sendBytes(res, 200, await readCrdCache());
  });
  router.route('/crd-cache').get(handle).all(refuseOtherMethods('GET, HEAD'));
  return router;
}
