import type { RequestListener } from 'node:http';
import { createApp } from './app.ts';
import { type CrdCacheRouterDeps, createCrdCacheRouter } from './crd-cache-router.ts';
import type { ErrorHandlerDeps } from './error-handler.ts';
import { createMetricsRouter, type MetricsRouterDeps } from './metrics-router.ts';
import { createOperationsRouter, type OperationsRouterDeps } from './operations-router.ts';
import { createWakeRouter, type WakeRouterDeps } from './wake-router.ts';

export type MetricsAppDeps = MetricsRouterDeps & ErrorHandlerDeps;
export type ServerAppDeps = WakeRouterDeps & CrdCacheRouterDeps & OperationsRouterDeps & MetricsAppDeps;

/** Makes the app that the resolver, Prometheus and the kubelet call; `withoutMetrics`: these have a port of their own. */
export function createServerApp(
  deps: ServerAppDeps,
  { withoutMetrics = false }: { readonly withoutMetrics?: boolean } = {},
): RequestListener {
  const metrics = withoutMetrics ? [] : [createMetricsRouter(deps)];
  const routers = [
    createWakeRouter(deps),
    createCrdCacheRouter(deps),
    createOperationsRouter(deps),
    ...metrics,
  ] as const;
  return createApp(routers, deps, { isKubeErrorPublic: true });
}

/** Makes the app that Prometheus alone calls. */
export const createMetricsApp = (deps: MetricsAppDeps): RequestListener =>
  createApp([createMetricsRouter(deps)], deps, { isKubeErrorPublic: false });
