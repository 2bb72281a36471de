import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { KubeApi } from '../cluster/api.ts';
import type { ClusterLayout } from '../cluster/layout.ts';
import { type Program, startProgram, untilServes } from './programs.ts';
import { writeAccountKubeconfig } from './service-account.ts';

const HEALTH_ADDRESS = '127.0.0.1:8082';
const ELECTED_PORT = 8092;
const ROOT = join(import.meta.dirname, '../metacontroller');
const PATCH = join(import.meta.dirname, '../../manifests/metacontroller/stateful-set.yaml');
const Patch = z.array(z.object({ path: z.string(), value: z.unknown() }));
const RIGHTS = join(import.meta.dirname, '../../manifests/metacontroller/rights');
const ACCOUNT = `
apiVersion: v1
kind: Namespace
metadata: {name: metacontroller}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: metacontroller, namespace: metacontroller}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: metacontroller}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: metacontroller}
subjects: [{kind: ServiceAccount, name: metacontroller, namespace: metacontroller}]
`;

export interface Metacontroller {
  /** `real`, or `stand-in`. */
  readonly kind: string;
  /** Does nothing where it runs. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Starts one of several, of which one at a time leads; `index`: from 0. Of the real one only. */
  startElected(index: number): Promise<Program>;
}

/** Installs what Metacontroller needs; the program is METACONTROLLER_BIN, else the stand-in. It is not started yet. */
export async function installMetacontroller(api: KubeApi, layout: ClusterLayout): Promise<Metacontroller> {
  const { METACONTROLLER_BIN, METACONTROLLER_CRDS = join(ROOT, 'crd.yaml') } = process.env;
  await api.apply(readFileSync(METACONTROLLER_CRDS, 'utf8'));
  await api.apply(ACCOUNT);
  for (const file of ['cluster-role.yaml', 'role.yaml']) await api.apply(readFileSync(join(RIGHTS, file), 'utf8'));
  const kubeconfig = await writeAccountKubeconfig(api, layout, { namespace: 'metacontroller', name: 'metacontroller' });
  const program = METACONTROLLER_BIN ? [METACONTROLLER_BIN] : [process.execPath, join(ROOT, 'main.ts')];
  const command = [...program, ...readFlags(), `--kubeconfig=${kubeconfig}`];
  const withHealth = (address: string) => [...command, `--health-probe-bind-address=${address}`];
  let running: Program | undefined;
  return {
    kind: METACONTROLLER_BIN ? 'real' : 'stand-in',
    async start() {
      if (running) return;
      running = startProgram(layout, { name: 'metacontroller', command: withHealth(HEALTH_ADDRESS) });
      await untilServes(running, () => fetch(`http://${HEALTH_ADDRESS}/healthz`));
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
    async startElected(index) {
      const address = `127.0.0.1:${ELECTED_PORT + index}`;
      const election = ['--leader-election', '--leader-election-namespace=metacontroller', '--metrics-address=0'];
      const elected = startProgram(layout, {
        name: `metacontroller-${index}`,
        command: [...withHealth(address), ...election],
      });
      await untilServes(elected, () => fetch(`http://${address}/healthz`));
      return elected;
    },
  };
}

/** Those that the manifests give it. */
function readFlags(): readonly string[] {
  const operations = Patch.parse(parse(readFileSync(PATCH, 'utf8')));
  return z.array(z.string()).parse(operations.find(({ path }) => path.endsWith('/args'))?.value);
}
