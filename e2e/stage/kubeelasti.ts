import { SYSTEM_NAMESPACE } from '../environment/environment.ts';
import { type Program, startProgram, untilServes } from '../environment/programs.ts';
import type { Stage } from './stage.ts';

const { KUBEELASTI_OPERATOR_BIN } = process.env;
const PORT = 18_090;
const HEALTH_ADDRESS = '127.0.0.1:18091';

/** Whether there is KubeElasti's own operator to tell a story with. */
export const hasKubeElasti = KUBEELASTI_OPERATOR_BIN !== undefined;

export interface KubeElasti {
  /** As its resolver would ask for it. */
  wake(service: string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts KubeElasti's operator for the story's namespace, with all rights. */
export async function startKubeElasti({ environment, namespace }: Stage): Promise<KubeElasti> {
  if (KUBEELASTI_OPERATOR_BIN === undefined) throw new Error('there is no KUBEELASTI_OPERATOR_BIN');
  const operator: Program = startProgram(environment.layout, {
    name: 'kubeelasti-operator',
    command: [KUBEELASTI_OPERATOR_BIN, '--metrics-bind-address=0', `--health-probe-bind-address=${HEALTH_ADDRESS}`],
    environment: {
      KUBECONFIG: environment.cluster.kubeconfig,
      WATCH_NAMESPACES: `${namespace},${SYSTEM_NAMESPACE}`,
      POLLING_INTERVAL: '1s',
      PROMETHEUS_TRIGGER_SERVER_ADDRESS: environment.prometheusUrl,
      KUBERNETES_CLUSTER_DOMAIN: 'cluster.local',
      ELASTI_OPERATOR_NAMESPACE: SYSTEM_NAMESPACE,
      ELASTI_OPERATOR_DEPLOYMENT_NAME: 'elasti-operator-controller-manager',
      ELASTI_OPERATOR_SERVICE_NAME: 'elasti-operator-controller-service',
      ELASTI_OPERATOR_PORT: String(PORT),
      ELASTI_RESOLVER_NAMESPACE: SYSTEM_NAMESPACE,
      ELASTI_RESOLVER_DEPLOYMENT_NAME: 'elasti-resolver',
      ELASTI_RESOLVER_SERVICE_NAME: 'elasti-resolver-service',
      ELASTI_RESOLVER_PORT: '8013',
      ELASTI_RESOLVER_PROXY_PORT: '8012',
    },
  });
  await untilServes(operator, () => fetch(`http://${HEALTH_ADDRESS}/healthz`));
  return {
    async wake(service) {
      const response = await fetch(`http://127.0.0.1:${PORT}/informer/incoming-request`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ count: 1, svc: service, namespace }),
      });
      return response.status;
    },
    stop: () => {
      // Asked to end, it does not: its server goes on listening.
      operator.signal('SIGKILL');
      return operator.stop();
    },
  };
}
