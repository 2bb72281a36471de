import assert from 'node:assert/strict';
import { urlOf } from '../cluster/kube-object.ts';
import { run } from '../cluster/shell.ts';
import { until } from '../cluster/wait.ts';
import { SYSTEM_NAMESPACE, untilAvailable } from '../environment/environment.ts';
import { renderOverlay } from '../environment/overlay.ts';
import { runDocumented } from '../stage/documented.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';
import { WAIT_MS } from '../stage/waits.ts';

const SECRET = 'elasti-hook-token';
const HOOK_PORT = 8080;

export const tokenRotated: Story = {
  name: 'the token of the hooks is changed twice by the documented commands, and no hook is refused for it',
  slug: 'token-rotated',
  isAlone: true,
  async tell(stage) {
    await stage.startAsleep();
    const refusedBefore = await countHooks(stage, '401');

    for (const round of ['once', 'once more']) {
      const old = await readToken(stage);
      stage.step(`changed ${round}`);
      // The kubelet here takes 2 s for what takes others minutes; the service reads the file again every 10 s.
      const change = (commands: string) => commands.replace('sleep 150', 'sleep 14').replace('sleep 10\n', 'sleep 4\n');
      await runDocumented({
        ...{ page: 'manifests/README.md', heading: '2. The token between Metacontroller and the hooks' },
        ...{ index: 1, change },
      });
      const token = await readToken(stage);
      assert.notEqual(token, old);
      assert.match(token, /^[0-9a-f]{64}$/, 'one token alone is left');

      stage.step('the old one is refused, and Metacontroller goes on');
      for (const pod of await hookPods(stage)) {
        const isRefused = async () => (await callHook(pod, old)) === 401;
        await until('the old token to be refused', isRefused, { timeoutMs: WAIT_MS });
        assert.equal(await callHook(pod, token), 400, 'an empty body is all that is wrong');
      }
      await untilSynced(stage, round);
    }

    stage.step('the manifests are applied again');
    const manifests = await renderOverlay(stage.environment.layout);
    await run('kubectl', ['apply', '--server-side', '--force-conflicts', '--filename', '-'], manifests);
    await untilAvailable(stage.api, 'elasti-operator-controller');
    await untilSynced(stage, 'back');
    assert.equal(await countHooks(stage, '401'), refusedBefore, 'no hook of Metacontroller was refused');
    const answer = await stage.ask();
    assert.equal(answer.status, 200, answer.text);
    await stage.untilPhase('Serving');
    await stage.untilNoSlices();
  },
};

/** Metacontroller calls the hooks after a change, and is answered. */
async function untilSynced(stage: Stage, round: string): Promise<void> {
  const syncs = await countHooks(stage, '200');
  await stage.kubectl('annotate', 'elastiservice', 'web', `example.com/round=${round}`, '--overwrite');
  await until('a sync', async () => (await countHooks(stage, '200')) > syncs, { timeoutMs: WAIT_MS });
}

async function readToken({ api }: Stage): Promise<string> {
  const path = urlOf('v1/secrets', SYSTEM_NAMESPACE, SECRET);
  const { data } = await api.call<{ data: Record<string, string> }>('GET', path);
  return Buffer.from(data.token ?? '', 'base64').toString();
}

interface HookPod {
  readonly status: { readonly podIP: string };
  readonly spec: { readonly containers: readonly [{ readonly ports: readonly { containerPort: number }[] }] };
}

async function hookPods({ api }: Stage): Promise<readonly HookPod[]> {
  const selector = encodeURIComponent('app.kubernetes.io/name=elasti-operator-controller');
  const path = `${urlOf('v1/pods', SYSTEM_NAMESPACE)}?labelSelector=${selector}`;
  return (await api.call<{ items: readonly HookPod[] }>('GET', path)).items;
}

/** The status with which one replica answers a call with a token. It is the one hook that nobody else calls here. */
async function callHook({ status }: HookPod, token: string): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const url = `http://${status.podIP}:${HOOK_PORT}/finalize`;
  return (await fetch(url, { method: 'POST', headers, body: '{}' })).status;
}

/** Calls of Metacontroller that were answered with this code, by all replicas. */
async function countHooks(stage: Stage, code: string): Promise<number> {
  const pods = await hookPods(stage);
  const texts = await Promise.all(
    pods.map(async ({ status, spec }) => {
      // The second port has the metrics.
      const port = spec.containers[0].ports[1]?.containerPort;
      return (await fetch(`http://${status.podIP}:${port}/metrics`)).text();
    }),
  );
  const counter = new RegExp(
    `^elasti_http_requests_total\\{route="/(?:sync|customize)",code="${code}"\\} (\\d+)$`,
    'gm',
  );
  const counts = texts.flatMap((text) => [...text.matchAll(counter)].map(([, count]) => Number(count)));
  return counts.reduce((sum, count) => sum + count, 0);
}
