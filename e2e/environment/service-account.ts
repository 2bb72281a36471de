import { join } from 'node:path';
import type { KubeApi } from '../cluster/api.ts';
import { urlOf } from '../cluster/kube-object.ts';
import { readKubeconfig, writeKubeconfig } from '../cluster/kubeconfig.ts';
import type { ClusterLayout } from '../cluster/layout.ts';

interface Account {
  readonly namespace: string;
  readonly name: string;
  /** Another address of the API server, such as that of a proxy. */
  readonly server?: URL;
}

/** Writes a kubeconfig for a service account, as a program outside of pods needs it; resolves to the file. */
export async function writeAccountKubeconfig(api: KubeApi, layout: ClusterLayout, account: Account): Promise<string> {
  const { namespace, name } = account;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } };
  const path = urlOf('v1/serviceaccounts', namespace, name, 'token');
  const { status } = await api.call<{ status: { token: string } }>('POST', path, request);
  const { server, ca } = readKubeconfig(layout.kubeconfig);
  const file = join(
    layout.directory,
    `${namespace}-${name}${account.server ? `-${account.server.port}` : ''}.kubeconfig`,
  );
  await writeKubeconfig(file, { server: account.server ?? server, ca, token: status.token });
  return file;
}
