import type { RequestListener } from 'node:http';
import type Router from 'router';
import { createErrorHandler, type ErrorHandlerDeps } from './error-handler.ts';
import { refuseUnknownPath } from './route.ts';

/**
 * Makes an app of the first router that answers JSON only: the routers in order, then 404, then the errors. It is Express' router without the
 * application around it, which would take memory, and give each request and response another prototype for methods that nobody here calls.
 */
export function createApp(
  [app, ...others]: readonly [Router.Router, ...Router.Router[]],
  deps: ErrorHandlerDeps,
  options: { readonly isKubeErrorPublic: boolean },
): RequestListener {
  for (const router of others) app.use(router);
  app.use(refuseUnknownPath);
  app.use(createErrorHandler(deps, options));
  return (req, res) => app(req, res, neverNext);
}

// The error handler ends every request.
const neverNext = (error?: unknown) => {
  throw new Error('no route took the request', { cause: error });
};
