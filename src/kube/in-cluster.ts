import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';

/** How the API server is reached: all that is used of the client's KubeConfig. */
export type KubeAccess = Pick<KubeConfig, 'getCurrentCluster' | 'applyToHTTPSOptions'>;

/** Where the kubelet puts a pod's own credentials. */
export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Access by the pod's own service account, or undefined where it has none. Token and CA are read anew each time: the kubelet
 * replaces them. By hand, because the client comes with every kind of the API, which takes 80 MiB.
 */
export async function inClusterAccess(
  server: string,
  folder: string = SERVICE_ACCOUNT_FOLDER,
): Promise<KubeAccess | undefined> {
  const tokenFile = join(folder, 'token');
  const isReadable = await access(tokenFile).then(
    () => true,
    () => false,
  );
  if (!isReadable) return undefined;
  return {
    getCurrentCluster: () => ({ name: 'in-cluster', server, skipTLSVerify: false }),
    applyToHTTPSOptions: async (options) => {
      const [token, ca] = await Promise.all([readFile(tokenFile, 'utf8'), readFile(join(folder, 'ca.crt'))]);
      options.ca = ca;
      options.headers = { ...options.headers, Authorization: `Bearer ${token.trim()}` };
    },
  };
}
