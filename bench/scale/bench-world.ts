import { randomBytes } from 'node:crypto';
import { createApi, type KubeApi } from '../../e2e/cluster/api.ts';
import type { Cluster } from '../../e2e/cluster/cluster.ts';
import { type ClusterLayout, makeLayout, NODE_IPV4 } from '../../e2e/cluster/layout.ts';
import { signal } from '../../e2e/cluster/process-identity.ts';
import { installMetacontroller, type Metacontroller } from '../../e2e/environment/metacontroller.ts';
import { writeAccountKubeconfig } from '../../e2e/environment/service-account.ts';
import { type AuditTail, createAuditTail } from './audit-tail.ts';
import { startFakeNode } from './fake-node.ts';
import { HOOK_ADDRESS, install, SYSTEM_NAMESPACE } from './install.ts';
import { followPhases, type Phases } from './phases.ts';
import { makePodIdentity } from './pod-identity.ts';
import { type PrometheusStandIn, startPrometheusStandIn } from './prometheus.ts';
import { writeResolverSlice } from './resolver-slice.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { createWakeClient, type WakeClient } from './wake-client.ts';

const [HOOK_HOST = '', HOOK_PORT = ''] = HOOK_ADDRESS.split(':');
export const SERVER_PORT = 8013;
export const RESOLVER_ADDRESS = NODE_IPV4;
/** Not needed by what is measured, and busy with thousands of Services. */
const STOPPED = ['kube-proxy', 'kube-scheduler', 'dns', 'kubelet'];

/** A real control plane with all that is measured in it, and no ElastiService yet. */
export interface BenchWorld {
  readonly cluster: Cluster;
  readonly layout: ClusterLayout;
  readonly api: KubeApi;
  readonly audit: AuditTail;
  readonly phases: Phases;
  readonly prometheus: PrometheusStandIn;
  readonly hookService: ServerProcess;
  readonly resolver: ServerProcess;
  /** Not started yet. */
  readonly metacontroller: Metacontroller;
  readonly wakes: WakeClient;
  /** Of the hook service's own account. */
  readonly hookKubeconfig: string;
  /** The hook service watches by itself, so that Metacontroller relates nothing. */
  readonly isWatching: boolean;
  startSecondResolver(address: string): Promise<ServerProcess>;
  close(): void;
}

export async function createBenchWorld(
  cluster: Cluster,
  options: {
    readonly pollSeconds: number;
    readonly components: readonly string[];
    /** Added to the environment of the hook service. */
    readonly hookVariables: Readonly<Record<string, string>>;
  },
): Promise<BenchWorld> {
  if (cluster.auditLog === undefined) throw new Error('the cluster runs without an audit log');
  const layout = makeLayout(cluster.name);
  const api = createApi(cluster.kubeconfig);
  for (const component of cluster.processes()) if (STOPPED.includes(component.name)) signal(component, 'SIGKILL');

  const hookToken = randomBytes(32).toString('hex');
  const metacontroller = await installMetacontroller(api, layout);
  const installed = await install(api, layout, { hookToken, components: options.components });
  await startFakeNode(api, layout);
  const prometheus = await startPrometheusStandIn(NODE_IPV4);
  await writeResolverSlice(api, [RESOLVER_ADDRESS]);

  const account = (name: string) => writeAccountKubeconfig(api, layout, { namespace: SYSTEM_NAMESPACE, name });
  const { HOOK_TOKEN_FILE: _, ...deployedVariables } = installed.hookService.environment;
  const hookKubeconfig = await account('elasti-operator-controller');
  const hookService = await startServer(layout, {
    name: 'hook-service',
    main: 'main.js',
    deployed: { ...installed.hookService, environment: deployedVariables },
    identity: makePodIdentity(layout, hookKubeconfig),
    environment: {
      LISTEN_ADDRESS: HOOK_HOST,
      HOOK_PORT,
      SERVER_PORT: String(SERVER_PORT),
      HOOK_TOKEN: hookToken,
      POLLING_INTERVAL: `${options.pollSeconds}s`,
      ...options.hookVariables,
    },
    inspectorPort: 9301,
    readyUrl: `http://${HOOK_HOST}:${SERVER_PORT}/readyz`,
  });
  const identity = makePodIdentity(layout, await account('elasti-resolver'));
  const startResolver = (name: string, address: string) =>
    startServer(layout, {
      name,
      main: 'resolver/main.js',
      deployed: installed.resolver,
      identity,
      environment: {
        LISTEN_ADDRESS: address,
        POD_IP: address,
        ELASTI_OPERATOR_URL: `http://${HOOK_HOST}:${SERVER_PORT}`,
      },
      inspectorPort: 9302,
      readyUrl: `http://${address}:8013/readyz`,
    });
  const resolver = await startResolver('resolver', RESOLVER_ADDRESS);
  await api.apply(installed.compositeController);

  const phases = followPhases(api);
  const wakes = createWakeClient(HOOK_HOST, SERVER_PORT);
  return {
    cluster,
    layout,
    api,
    audit: createAuditTail(cluster.auditLog),
    phases,
    prometheus,
    hookService,
    resolver,
    metacontroller,
    wakes,
    hookKubeconfig,
    isWatching: installed.hookService.environment.OBSERVE_BY === 'watch',
    startSecondResolver: (address) => startResolver('second-resolver', address),
    close: () => {
      phases.stop();
      wakes.close();
      prometheus.close();
      api.close();
    },
  };
}
