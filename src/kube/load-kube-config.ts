import { ConfigError } from '../errors.ts';
import { inClusterAccess, type KubeAccess } from './in-cluster.ts';

export interface KubeConfigSource {
  /** Path of a kubeconfig file, or several as kubectl takes them; undefined: not set. */
  readonly kubeconfig: string | undefined;
  /** The API server that the kubelet gave us; undefined: we are in no pod. */
  readonly apiServer: string | undefined;
}

/** The given kubeconfig, else the pod's service account, else ~/.kube/config; ConfigError where none of them is usable. */
export async function loadKubeConfig({ kubeconfig, apiServer }: KubeConfigSource): Promise<KubeAccess> {
  const inCluster = kubeconfig === undefined && apiServer !== undefined && (await inClusterAccess(apiServer));
  if (inCluster) return inCluster;
  const { KubeConfig } = await import('@kubernetes/client-node');
  const kubeConfig = new KubeConfig();
  const allowed = 'allowed is a readable kubeconfig file with a current context; in a pod, leave it out';
  try {
    // Reads KUBECONFIG itself, with all its files, and ~/.kube/config where that is not set.
    kubeConfig.loadFromDefault();
  } catch (cause) {
    throw new ConfigError(`KUBECONFIG is ${JSON.stringify(kubeconfig ?? '')}: ${allowed}`, { cause });
  }
  const cluster = kubeConfig.getCurrentCluster();
  const server = cluster?.server;
  if (server?.startsWith('http://') && server !== 'http://localhost:8080' && cluster?.skipTLSVerify !== true) {
    // The client would refuse each call.
    throw new ConfigError(`KUBECONFIG is ${JSON.stringify(kubeconfig ?? '')}: allowed is a server with https`);
  }
  // http://localhost:8080 is what the client makes up where it found nothing.
  if (server === undefined || server === 'http://localhost:8080') {
    throw new ConfigError(`KUBECONFIG is ${JSON.stringify(kubeconfig ?? '')}: ${allowed}`);
  }
  return kubeConfig;
}
