import assert from 'node:assert/strict';
import type { KubeApi } from '../api.ts';
import { urlOf } from '../kube-object.ts';
import { until } from '../wait.ts';
import { makePod } from './pods.ts';

const CALL_API = `
const { readFileSync } = require('node:fs');
const files = '/var/run/secrets/kubernetes.io/serviceaccount/';
const token = readFileSync(files + 'token', 'utf8');
const ask = async (path) =>
  (await fetch('https://kubernetes.default.svc' + path, { headers: { authorization: 'Bearer ' + token } })).status;
(async () => {
  const namespace = readFileSync(files + 'namespace', 'utf8');
  const allowed = await ask('/api/v1/namespaces/' + namespace + '/configmaps');
  const denied = await ask('/api/v1/namespaces/' + namespace + '/secrets');
  const secret = readFileSync('/etc/smoke/hook/token', 'utf8');
  console.log({ allowed, denied, secret, resolvConf: readFileSync('/etc/resolv.conf', 'utf8') });
  process.exit(allowed === 200 && denied === 403 && secret === 'abc' ? 0 : 1);
})();
`;

export async function useServiceAccount(api: KubeApi): Promise<void> {
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' };
  await api.apply(`
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader}
---
apiVersion: v1
kind: Secret
metadata: {name: hook-token}
stringData: {token: abc}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: ${JSON.stringify(role)}
subjects: [{kind: ServiceAccount, name: reader, namespace: default}]
`);
  const pod = makePod('caller', ['node', '-e', CALL_API], {
    env: { NODE_EXTRA_CA_CERTS: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' },
    volumeMounts: [{ name: 'hook', mountPath: '/etc/smoke/hook', readOnly: true }],
    volumes: [{ name: 'hook', secret: { secretName: 'hook-token' } }],
    serviceAccountName: 'reader',
  });
  await api.apply(pod);
  const phase = await until('the pod to end', async () => {
    const { status } = await api.call<{ status: { phase: string } }>('GET', urlOf('v1/pods', 'default', 'caller'));
    return ['Succeeded', 'Failed'].includes(status.phase) && status.phase;
  });
  assert.equal(phase, 'Succeeded');
}
