import { join } from 'node:path';
import type { KubeApi } from '../../e2e/cluster/api.ts';
import { urlOf } from '../../e2e/cluster/kube-object.ts';
import { type ClusterLayout, NODE_IPV4 } from '../../e2e/cluster/layout.ts';
import { readSettings } from '../../e2e/cluster/settings.ts';
import { until } from '../../e2e/cluster/wait.ts';
import { type Program, startProgram } from '../../e2e/environment/programs.ts';

/** The node whose pods are played by kwok: as many as there are, each ready at once. */
export const FAKE_NODE = 'fake-node';
const POD_CIDR = '10.128.0.0/12';

interface Node {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Starts kwok and waits until its node is ready. */
export async function startFakeNode(api: KubeApi, layout: ClusterLayout): Promise<Program> {
  await api.call('POST', urlOf('v1/nodes'), {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: FAKE_NODE, labels: { 'kubernetes.io/hostname': FAKE_NODE } },
  });
  const kwok = join(readSettings(layout).binaries, 'kwok');
  const program = startProgram(layout, {
    name: 'kwok',
    command: [
      kwok,
      `--config=${join(import.meta.dirname, 'fake-node.yaml')}`,
      `--kubeconfig=${layout.kubeconfig}`,
      `--manage-single-node=${FAKE_NODE}`,
      `--cidr=${POD_CIDR}`,
      `--node-ip=${NODE_IPV4}`,
      '--v=ERROR',
    ],
  });
  const isReady = async () => {
    const { status } = await api.call<Node>('GET', urlOf('v1/nodes', undefined, FAKE_NODE));
    return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  };
  await Promise.race([until('kwok to make its node ready', isReady), program.ended]);
  return program;
}
