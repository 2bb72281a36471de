import { accessSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { ConfigError } from '../errors.ts';

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

export interface KubeConfigSource {
  /** Path of a kubeconfig file, or several as kubectl takes them; undefined: not set. */
  readonly kubeconfig: string | undefined;
  /** Whether the kubelet gave us the address of an API server. */
  readonly isInCluster: boolean;
}

/** The given kubeconfig, else the pod's service account, else ~/.kube/config; ConfigError where none of them is usable. */
export function loadKubeConfig({ kubeconfig, isInCluster }: KubeConfigSource): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (kubeconfig === undefined && isInCluster && isReadable(SERVICE_ACCOUNT_TOKEN)) {
    kubeConfig.loadFromCluster();
    return kubeConfig;
  }
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

function isReadable(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
