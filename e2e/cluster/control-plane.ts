import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, startDaemon } from './daemon.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import {
  API_PORT,
  CLUSTER_DOMAIN,
  type ClusterLayout,
  NODE_IPV4,
  NODE_NAME,
  POD_CIDRS,
  SERVICE_CIDRS,
} from './layout.ts';
import type { Pki } from './pki.ts';
import type { Settings } from './settings.ts';

/** Who calls the API. All are cluster admins; the names tell them apart in the audit log. */
const USERS = ['admin', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet', 'dns'] as const;
export type User = (typeof USERS)[number];

const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Request
    resources:
      - group: apps
        resources: [deployments/scale, statefulsets/scale]
  - level: Metadata
`;

export function kubeconfigOf(layout: ClusterLayout, user: User): string {
  return user === 'admin' ? layout.kubeconfig : join(layout.pki, `${user}.kubeconfig`);
}

/** Writes a kubeconfig for each user and the token file by which the API server knows them. */
export async function createUsers(layout: ClusterLayout, pki: Pki): Promise<void> {
  const server = new URL(`https://${NODE_IPV4}:${API_PORT}`);
  const users = USERS.map((user) => ({ user, token: randomBytes(24).toString('hex') }));
  const tokens = users.map(({ user, token }) => `${token},${user},${user},system:masters\n`);
  writeFileSync(join(layout.pki, 'tokens.csv'), tokens.join(''), { mode: 0o600 });
  for (const { user, token } of users) await writeKubeconfig(kubeconfigOf(layout, user), { server, ca: pki.ca, token });
}

export interface ControlPlane {
  readonly layout: ClusterLayout;
  readonly settings: Settings;
  readonly pki: Pki;
}

export function startEtcd({ layout, settings }: ControlPlane): Daemon {
  // `go install` names it after its package; a directory given by hand may still have it so.
  const program = ['etcd', 'server'].map((name) => join(settings.binaries, name)).find((file) => existsSync(file));
  if (!program) throw new Error(`no etcd in ${settings.binaries}`);
  return startDaemon(layout, 'etcd', program, [
    `--data-dir=${join(layout.directory, 'etcd')}`,
    '--listen-client-urls=http://127.0.0.1:2379',
    '--advertise-client-urls=http://127.0.0.1:2379',
    '--listen-peer-urls=http://127.0.0.1:2380',
    '--initial-advertise-peer-urls=http://127.0.0.1:2380',
    '--initial-cluster=default=http://127.0.0.1:2380',
    // The data dies with the cluster: no reason to wait for the disk.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]);
}

export function startApiServer({ layout, settings, pki }: ControlPlane): Daemon {
  const auditPolicy = join(layout.pki, 'audit-policy.yaml');
  writeFileSync(auditPolicy, AUDIT_POLICY);
  const audit = [
    `--audit-policy-file=${auditPolicy}`,
    `--audit-log-path=${layout.auditLog}`,
    '--audit-log-format=json',
    // In one file: by default another is begun after 100 MB.
    '--audit-log-maxsize=10000',
  ];
  const args = [
    '--etcd-servers=http://127.0.0.1:2379',
    `--bind-address=${settings.ipv6 ? '::' : '0.0.0.0'}`,
    `--secure-port=${API_PORT}`,
    `--advertise-address=${NODE_IPV4}`,
    `--service-cluster-ip-range=${forFamilies(SERVICE_CIDRS, settings)}`,
    `--tls-cert-file=${pki.serverCertificate}`,
    `--tls-private-key-file=${pki.serverKey}`,
    `--token-auth-file=${join(layout.pki, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    // As OpenShift has it: whoever makes an owner that blocks deletion needs the right to its finalizers.
    '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
    `--service-account-issuer=https://kubernetes.default.svc.${CLUSTER_DOMAIN}`,
    `--service-account-key-file=${pki.serviceAccountKey}`,
    `--service-account-signing-key-file=${pki.serviceAccountKey}`,
    '--profiling=false',
    ...(settings.audit ? audit : []),
  ];
  // With so little in its heap, garbage collection takes a quarter of its time otherwise.
  const environment = { GOGC: '300' };
  return startDaemon(layout, 'kube-apiserver', join(settings.binaries, 'kube-apiserver'), args, environment);
}

export function startControllerManager({ layout, settings, pki }: ControlPlane): Daemon {
  // These would look for a cloud, or for heartbeats of a node that sends none.
  const off = ['node-lifecycle-controller', 'node-ipam-controller', 'node-route-controller', 'service-lb-controller'];
  return startDaemon(layout, 'kube-controller-manager', join(settings.binaries, 'kube-controller-manager'), [
    `--kubeconfig=${kubeconfigOf(layout, 'kube-controller-manager')}`,
    `--service-account-private-key-file=${pki.serviceAccountKey}`,
    `--root-ca-file=${pki.caFile}`,
    `--controllers=*,${off.map((name) => `-${name}`).join(',')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    '--profiling=false',
  ]);
}

export function startScheduler({ layout, settings }: ControlPlane): Daemon {
  return startDaemon(layout, 'kube-scheduler', join(settings.binaries, 'kube-scheduler'), [
    `--kubeconfig=${kubeconfigOf(layout, 'kube-scheduler')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--profiling=false',
  ]);
}

export function startKubeProxy({ layout, settings }: ControlPlane): Daemon {
  return startDaemon(layout, 'kube-proxy', join(settings.binaries, 'kube-proxy'), [
    `--kubeconfig=${kubeconfigOf(layout, 'kube-proxy')}`,
    `--hostname-override=${NODE_NAME}`,
    '--proxy-mode=nftables',
    `--cluster-cidr=${forFamilies(POD_CIDRS, settings)}`,
    // Conntrack's limits belong to the machine, not to this namespace.
    '--conntrack-max-per-core=0',
    '--conntrack-min=0',
    '--conntrack-tcp-timeout-established=0',
    '--conntrack-tcp-timeout-close-wait=0',
    '--healthz-bind-address=127.0.0.1:10256',
    '--metrics-bind-address=127.0.0.1:10249',
  ]);
}

function forFamilies(cidrs: readonly [string, string], { ipv6 }: Settings): string {
  return ipv6 ? cidrs.join(',') : cidrs[0];
}
