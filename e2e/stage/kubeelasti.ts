import { SYSTEM_NAMESPACE } from '../environment/environment.ts';
import { type Program, startProgram, untilServes } from '../environment/programs.ts';
import { postWake } from './post-wake.ts';
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

/** The variables that KubeElasti's operator needs; `deployment` is its own. */
export const makeKubeElastiEnvironment = (about: {
  readonly deployment: string;
  readonly port: number;
  readonly pollingInterval: string;
  readonly prometheusUrl: string;
}): Readonly<Record<string, string>> => ({
  POLLING_INTERVAL: about.pollingInterval,
  PROMETHEUS_TRIGGER_SERVER_ADDRESS: about.prometheusUrl,
  KUBERNETES_CLUSTER_DOMAIN: 'cluster.local',
  ELASTI_OPERATOR_NAMESPACE: SYSTEM_NAMESPACE,
  ELASTI_OPERATOR_DEPLOYMENT_NAME: about.deployment,
  ELASTI_OPERATOR_SERVICE_NAME: 'elasti-operator-controller-service',
  ELASTI_OPERATOR_PORT: String(about.port),
  ELASTI_RESOLVER_NAMESPACE: SYSTEM_NAMESPACE,
  ELASTI_RESOLVER_DEPLOYMENT_NAME: 'elasti-resolver',
  ELASTI_RESOLVER_SERVICE_NAME: 'elasti-resolver-service',
  ELASTI_RESOLVER_PORT: '8013',
  ELASTI_RESOLVER_PROXY_PORT: '8012',
});

/** Starts KubeElasti's operator for the story's namespace, with all rights. */
export async function startKubeElasti({ environment, namespace }: Stage): Promise<KubeElasti> {
  if (KUBEELASTI_OPERATOR_BIN === undefined) throw new Error('there is no KUBEELASTI_OPERATOR_BIN');
  const operator: Program = startProgram(environment.layout, {
    name: 'kubeelasti-operator',
    command: [KUBEELASTI_OPERATOR_BIN, '--metrics-bind-address=0', `--health-probe-bind-address=${HEALTH_ADDRESS}`],
    environment: {
      KUBECONFIG: environment.cluster.kubeconfig,
      WATCH_NAMESPACES: `${namespace},${SYSTEM_NAMESPACE}`,
      ...makeKubeElastiEnvironment({
        deployment: 'elasti-operator-controller-manager',
        port: PORT,
        pollingInterval: '1s',
        prometheusUrl: environment.prometheusUrl,
      }),
    },
  });
  await untilServes(operator, () => fetch(`http://${HEALTH_ADDRESS}/healthz`));
  return {
    wake: (service) => postWake(`http://127.0.0.1:${PORT}`, { service, namespace }),
    stop: () => {
      // Asked to end, it does not: its server goes on listening.
      operator.signal('SIGKILL');
      return operator.stop();
    },
  };
}
