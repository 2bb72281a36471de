import type { RequestListener } from 'node:http';
import Router from 'router';
import { createApp } from '../http/app.ts';
import type { ErrorHandlerDeps } from '../http/error-handler.ts';
import { createMetricsRouter, type MetricsRouterDeps } from '../http/metrics-router.ts';
import { createOperationsRouter, type OperationsRouterDeps } from '../http/operations-router.ts';
import { createRoute, refuseOtherMethods } from '../http/route.ts';
import { sendJson } from '../http/send-json.ts';
import type { ServiceTraffic } from './resolver.ts';

export interface InternalAppDeps extends OperationsRouterDeps, MetricsRouterDeps, ErrorHandlerDeps {
  /** Ports that connections are accepted on right now. */
  listeningPorts(): readonly number[];
  /** What there is of connections, by UID of the ElastiService. */
  connections(): Readonly<Record<string, ServiceTraffic>>;
}

/** Makes the app that the hook service, Prometheus and the kubelet call. */
export function createInternalApp(deps: InternalAppDeps): RequestListener {
  const router = Router();
  const ports = createRoute('/ports', deps, (_req, res) => {
    sendJson(res, 200, { listening: [...deps.listeningPorts()].sort((a, b) => a - b) });
  });
  const connections = createRoute('/connections', deps, (_req, res) => {
    sendJson(res, 200, { services: deps.connections() });
  });
  router.route('/ports').get(ports).all(refuseOtherMethods('GET, HEAD'));
  router.route('/connections').get(connections).all(refuseOtherMethods('GET, HEAD'));
  return createApp([router, createMetricsRouter(deps), createOperationsRouter(deps)], deps, {
    isKubeErrorPublic: false,
  });
}
