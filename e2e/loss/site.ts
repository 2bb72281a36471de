import type { KubeApi } from '../cluster/api.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { makeSampleApp } from '../cluster/sample-app-manifest.ts';
import { makeApp } from '../stage/manifests.ts';

export const PORTS: Ports = { http: 80, echo: 7, grpc: 50_051 };
/** Where its pods listen. */
export const POD_PORTS: Ports = { http: 8080, echo: 8082, grpc: 8083 };

/**
 * How pods end: they leave in good order and answer all; or they end at SIGTERM; or that, and the policy of
 * manifests/pre-stop-policy gives them a preStop hook.
 */
export const MANNERS = ['graceful', 'abrupt', 'policed'] as const;
export type Manners = (typeof MANNERS)[number];

export const PRE_STOP_LABEL = { 'elasti.truefoundry.com/pre-stop': 'enabled' } as const;

/** One Service that is put to sleep and woken again and again. */
export interface Site {
  readonly name: string;
  readonly namespace: string;
  readonly manners: Manners;
  readonly clusterIp: string;
  readonly ports: Ports;
}

interface Ports {
  readonly http: number;
  readonly echo: number;
  readonly grpc: number;
}

interface SiteOptions {
  readonly name: string;
  readonly namespace: string;
  readonly manners: Manners;
  /** Passes before a pod's process starts, as the pull of an image does. */
  readonly startDelayMs: number;
  /** Of graceful ones. */
  readonly preStopSeconds?: number;
}

/** Outlasts what kube-proxy needs to hear of it on a busy machine, as the policy's does. */
const PRE_STOP_SECONDS = 5;

/** Makes the workload and its Service. */
export async function createSite(api: KubeApi, options: SiteOptions): Promise<Site> {
  const { name, namespace, manners, startDelayMs, preStopSeconds = PRE_STOP_SECONDS } = options;
  const app = {
    name,
    namespace,
    annotations: {
      'e2e.elasti.dev/start-delay-ms': String(startDelayMs),
      // A process that is killed comes back soon, however often it is.
      'e2e.elasti.dev/restart-delay-ms': '300',
    },
    env: {
      ECHO_PORT: `${POD_PORTS.echo}`,
      GRPC_PORT: `${POD_PORTS.grpc}`,
      ON_TERM: manners === 'graceful' ? 'drain' : 'exit',
    },
    ports: [
      { name: 'http', port: PORTS.http, targetPort: 'http' },
      { name: 'echo', port: PORTS.echo, targetPort: POD_PORTS.echo },
      { name: 'grpc', port: PORTS.grpc, targetPort: POD_PORTS.grpc },
    ],
  };
  await api.apply(manners === 'graceful' ? makeApp(app, preStopSeconds) : makeSampleApp(app));
  const path = urlOf('v1/services', namespace, name);
  const { spec } = await api.call<KubeObject & { spec: { clusterIP: string } }>('GET', path);
  return { name, namespace, manners, clusterIp: spec.clusterIP, ports: PORTS };
}
