import assert from 'node:assert/strict';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { SYSTEM_NAMESPACE, untilAvailable } from '../environment/environment.ts';
import { type Outcome, startKeptConnections, startNewConnections } from '../stage/load.ts';
import { makeElastiService } from '../stage/manifests.ts';
import type { Repeating } from '../stage/repeat.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';

const RESOLVER = 'elasti-resolver';
const ECHO_PORT = 7;
const CLIENTS_THAT_KEEP = 3;
const SLEEPERS = ['one', 'two', 'three'];

export const resolversRolled: Story = {
  name: 'a roll-out of all resolvers under load loses nothing, whatever sleeps, wakes or stays connected meanwhile',
  slug: 'resolvers-rolled',
  // Others hold HTTP alone.
  resolvers: ['own'],
  isAlone: true,
  async tell(stage) {
    await Promise.all(['kept', 'busy', ...SLEEPERS].map((name) => startService(stage, name)));

    stage.step('clients that stay connect through the resolver, others come and go');
    const keptLoads = await Promise.all(
      Array.from({ length: CLIENTS_THAT_KEEP }, () => startLoad(stage, 'kept', startKeptConnections)),
    );
    const busyLoad = await startLoad(stage, 'busy', startNewConnections);

    const first = await resolverPods(stage);
    stage.step('the resolvers are replaced while services wake');
    const bursts = await whileRolling(stage, (name) => burst(stage, name));
    stage.step('the resolvers are replaced while services fall asleep');
    await whileRolling(stage, (name) => stage.untilPhase('Asleep', { name, reason: 'SleptByElasti' }));
    stage.step('the resolvers are replaced while services wake once more');
    const moreBursts = await whileRolling(stage, (name) => burst(stage, name));

    stage.step('the last clients go');
    const [busy, ...kept] = await Promise.all([busyLoad, ...keptLoads].map(({ stop }) => stop()));
    const outcomes = [...bursts, ...moreBursts, busy ?? [], ...kept].flat();
    const lost = outcomes.filter(({ failure }) => failure !== undefined);
    const slowestMs = Math.max(...outcomes.map(({ ms }) => ms));
    stage.figure(
      `3 roll-outs of all resolvers: ${lost.length} of ${outcomes.length} requests and lines lost, ` +
        `${outcomes.filter(({ isHeld }) => isHeld).length} said to be held, the slowest took ${Math.round(slowestMs)} ms`,
    );
    assert.deepEqual(countByFailure(lost), {});
    const held = [...bursts, ...moreBursts, ...kept].map((some) => some.filter(({ isHeld }) => isHeld).length);
    assert.ok(
      held.every((count) => count > 0),
      `each load met a resolver: ${held}`,
    );

    stage.step('the first resolvers end with their last connection');
    await until('the first resolvers to be gone', async () => {
      const names = new Set((await resolverPods(stage)).map(nameOf));
      return first.every((pod) => !names.has(nameOf(pod)));
    });
  },
};

/** A sample app that sleeps, and will sleep again whenever nobody has been there for a moment. */
async function startService(stage: Stage, name: string): Promise<void> {
  const ports = [
    { name: 'http', port: 80, targetPort: 'http' },
    { name: 'echo', port: ECHO_PORT, targetPort: 8082 },
  ];
  await stage.startApp({ name, ports, env: { ECHO_PORT: '8082', ON_TERM: 'drain' } });
  await stage.apply(makeElastiService(stage.namespace, { service: name }));
  await stage.untilPhase('Asleep', { name, reason: 'SleptByElasti' });
}

async function startLoad(
  stage: Stage,
  service: string,
  start: typeof startNewConnections,
): Promise<Repeating<Outcome>> {
  const { spec } = await stage.get<KubeObject & { spec: { clusterIP: string } }>('v1/services', service);
  const load = start({ host: spec.clusterIP, echoPort: ECHO_PORT, everyMs: 50 });
  stage.onLeave(load.stop);
  return load;
}

/** Wakes a service with clients that keep coming until it serves. */
async function burst(stage: Stage, name: string): Promise<readonly Outcome[]> {
  const load = await startLoad(stage, name, startNewConnections);
  await stage.untilPhase('Serving', { name });
  return load.stop();
}

/** Replaces all resolvers, and does something with each of those that sleep and wake at the same time. */
async function whileRolling<T>(stage: Stage, work: (name: string) => Promise<T>): Promise<readonly T[]> {
  const [results] = await Promise.all([Promise.all(SLEEPERS.map(work)), rollResolvers(stage)]);
  return results;
}

async function rollResolvers(stage: Stage): Promise<void> {
  const before = new Set((await resolverPods(stage)).map(nameOf));
  await stage.environment.kubectl('rollout', 'restart', 'deployment', RESOLVER, '--namespace', SYSTEM_NAMESPACE);
  await untilAvailable(stage.api, RESOLVER);
  const after = (await resolverPods(stage)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  assert.equal(after.length, 2);
  assert.ok(after.every((pod) => !before.has(nameOf(pod))));
}

/** Those that are on their way out, too. */
async function resolverPods({ api }: Stage): Promise<readonly KubeObject[]> {
  const selector = encodeURIComponent(`app.kubernetes.io/name=${RESOLVER}`);
  const path = `${urlOf('v1/pods', SYSTEM_NAMESPACE)}?labelSelector=${selector}`;
  return (await api.call<{ items: readonly KubeObject[] }>('GET', path)).items;
}

const nameOf = ({ metadata }: KubeObject): string => metadata.name;

function countByFailure(lost: readonly Outcome[]): Readonly<Record<string, number>> {
  const groups = Map.groupBy(lost, ({ protocol, failure }) => `${protocol}: ${failure}`);
  return Object.fromEntries([...groups].map(([failure, { length }]) => [failure, length]));
}
