import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createApi } from './api.ts';
import {
  type ControlPlane,
  createUsers,
  startApiServer,
  startControllerManager,
  startEtcd,
  startKubeProxy,
  startScheduler,
} from './control-plane.ts';
import { startDaemon } from './daemon.ts';
import { urlOf } from './kube-object.ts';
import { API_SERVICE_IPV4, makeLayout } from './layout.ts';
import { registerNode } from './node.ts';
import { createPki } from './pki.ts';
import { readSettings } from './settings.ts';
import { until } from './wait.ts';

// Runs inside the namespace, starts all processes of the cluster and ends when they serve. Argument: the cluster's name.

const layout = makeLayout(process.argv[2] ?? '');
const settings = readSettings(layout);
// All traffic has the node's address as its source: without this a load test runs out of ports within minutes.
writeFileSync('/proc/sys/net/ipv4/tcp_tw_reuse', '1');

const pki = await createPki(layout.pki);
await createUsers(layout, pki);
const controlPlane: ControlPlane = { layout, settings, pki };
const api = createApi(layout.kubeconfig);

const etcd = startEtcd(controlPlane);
const apiServer = startApiServer(controlPlane);
const daemons = [etcd, apiServer];
await orEnd(until('kube-apiserver to be ready', () => api.call('GET', '/readyz'), { timeoutMs: 90_000, everyMs: 50 }));
await registerNode(api, { ipv6: settings.ipv6 });
daemons.push(
  startControllerManager(controlPlane),
  startScheduler(controlPlane),
  startKubeProxy(controlPlane),
  startDaemon(layout, 'dns', process.execPath, [join(import.meta.dirname, 'dns/main.ts'), layout.name]),
  startDaemon(layout, 'kubelet', process.execPath, [join(import.meta.dirname, 'kubelet/main.ts'), layout.name]),
);
await orEnd(
  Promise.all([
    until('the default service account', () => api.call('GET', urlOf('v1/serviceaccounts', 'default', 'default'))),
    until('kube-proxy to route the API server', () => accepts(API_SERVICE_IPV4, 443)),
  ]),
);
// The daemons stay; their handles would keep this process as well.
process.exit();

function orEnd<T>(work: Promise<T>): Promise<T> {
  return Promise.race([work, ...daemons.map(({ ended }) => ended)]);
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 500 });
    const answer = (accepted: boolean) => () => {
      socket.destroy();
      resolve(accepted);
    };
    socket.on('connect', answer(true)).on('error', answer(false)).on('timeout', answer(false));
  });
}
