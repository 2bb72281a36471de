import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKubeconfig } from '../../e2e/cluster/kubeconfig.ts';
import { makeSandboxedCommand } from '../../e2e/cluster/kubelet/sandbox.ts';
import type { ClusterLayout } from '../../e2e/cluster/layout.ts';
import { SERVICE_ACCOUNT_FOLDER } from '../../src/kube/in-cluster.ts';

const VOLUME = 'service-account';

/** What a pod has of its service account. */
export interface PodIdentity {
  readonly environment: Readonly<Record<string, string>>;
  /** The command with the token and the authority where a pod has them, for it alone. */
  wrap(command: readonly string[]): readonly string[];
}

/** Gives a program outside of pods the identity of a pod, from a kubeconfig of the same account. */
export function makePodIdentity(layout: ClusterLayout, kubeconfig: string): PodIdentity {
  const { server, ca, token } = readKubeconfig(kubeconfig);
  const volumes = `${kubeconfig}.volumes`;
  mkdirSync(join(volumes, VOLUME), { recursive: true, mode: 0o700 });
  writeFileSync(join(volumes, VOLUME, 'token'), token);
  writeFileSync(join(volumes, VOLUME, 'ca.crt'), ca);
  const resolvConf = join(layout.namespaceEtc, 'resolv.conf');
  const container = { name: VOLUME, image: '', volumeMounts: [{ name: VOLUME, mountPath: SERVICE_ACCOUNT_FOLDER }] };
  return {
    // Who runs the bench has a KUBECONFIG of their own, which would win.
    environment: { KUBERNETES_SERVICE_HOST: server.hostname, KUBERNETES_SERVICE_PORT: server.port, KUBECONFIG: '' },
    wrap: (command) => makeSandboxedCommand({ container, command, resolvConf, volumes }),
  };
}
