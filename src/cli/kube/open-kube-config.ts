import { KubeConfig } from '@kubernetes/client-node';
import { CliError, EXIT } from '../cli-error.ts';

export interface ClusterChoice {
  /** Path of a kubeconfig file; without one as kubectl does: KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** What the client makes up where it finds no kubeconfig. */
const MADE_UP = 'http://localhost:8080';

/** The kubeconfig of the person who asks, with the context of their choice; CliError where there is no such thing. */
export function openKubeConfig({ kubeconfig, context }: ClusterChoice): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    if (kubeconfig === undefined) kubeConfig.loadFromDefault();
    else kubeConfig.loadFromFile(kubeconfig);
  } catch (cause) {
    const which = kubeconfig ?? 'of KUBECONFIG or ~/.kube/config';
    throw new CliError(EXIT.unreachable, `the kubeconfig ${which} cannot be read`, { cause });
  }
  if (context !== undefined) {
    const known = kubeConfig.getContexts().map(({ name }) => name);
    if (!known.includes(context)) {
      throw new CliError(
        EXIT.unreachable,
        `the kubeconfig has no context ${context}; it has ${known.join(', ') || 'none'}`,
      );
    }
    kubeConfig.setCurrentContext(context);
  }
  const server = kubeConfig.getCurrentCluster()?.server;
  if (server === undefined || server === MADE_UP) {
    throw new CliError(EXIT.unreachable, 'there is no cluster to ask: no kubeconfig with a current context was found');
  }
  return kubeConfig;
}
