import type { RequestListener } from 'node:http';
import { createApp } from './app.ts';
import type { ErrorHandlerDeps } from './error-handler.ts';
import { createHooksRouter, type HooksRouterDeps } from './hooks-router.ts';

export type HooksAppDeps = HooksRouterDeps & ErrorHandlerDeps;

/** Makes the app that Metacontroller calls. */
export function createHooksApp(deps: HooksAppDeps): RequestListener {
  return createApp([createHooksRouter(deps)], deps, { isKubeErrorPublic: false });
}
