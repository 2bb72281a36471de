import type { RequestListener } from 'node:http';
import { createApp } from './app.ts';
import { type CrdCacheRouterDeps, createCrdCacheRouter } from './crd-cache-router.ts';
import type { ErrorHandlerDeps } from './error-handler.ts';
import { createOperationsRouter, type OperationsRouterDeps } from './operations-router.ts';
import { createWakeRouter, type WakeRouterDeps } from './wake-router.ts';

export type ServerAppDeps = WakeRouterDeps & CrdCacheRouterDeps & OperationsRouterDeps & ErrorHandlerDeps;

/** Makes the app that the resolver, Prometheus and the kubelet call. */
export function createServerApp(deps: ServerAppDeps): RequestListener {
  return createApp([createWakeRouter(deps), createCrdCacheRouter(deps), createOperationsRouter(deps)], deps, {
    isKubeErrorPublic: true,
  });
}
