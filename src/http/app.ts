import express, { type Express, type Router } from 'express';
import { createErrorHandler, type ErrorHandlerDeps } from './error-handler.ts';
import { refuseUnknownPath } from './route.ts';

/** Makes an app that answers JSON only: the routers in order, then 404, then the errors. */
export function createApp(
  routers: readonly Router[],
  deps: ErrorHandlerDeps,
  options: { readonly isKubeErrorPublic: boolean },
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  for (const router of routers) app.use(router);
  app.use(refuseUnknownPath);
  app.use(createErrorHandler(deps, options));
  return app;
}
