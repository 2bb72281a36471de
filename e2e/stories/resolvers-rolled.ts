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
const CLIENTS_THAT_KEEP = 2;
const SLEEPERS = ['one', 'two'];

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
    const [bursts] = await Promise.all([wakeAll(stage), rollResolvers(stage)]);
    stage.step(
      'the resolvers are replaced while services fall asleep; then those that stayed go, within the grace period',
    );
    const stopKept = async () => {
      await rollResolvers(stage);
      return Promise.all(keptLoads.map(({ stop }) => stop()));
    };
    const [kept] = await Promise.all([stopKept(), ...SLEEPERS.map((name) => untilAsleep(stage, name))]);
    stage.step('the resolvers are replaced while services wake once more');
    const [moreBursts] = await Promise.all([wakeAll(stage), rollResolvers(stage)]);
    const busy = await busyLoad.stop();

    const met = [...bursts, ...kept, ...moreBursts];
    report(stage, [...met, busy].flat());
    const held = met.map((outcomes) => outcomes.filter(({ isHeld }) => isHeld).length);
    assert.ok(Math.min(...held) > 0, `each load but the busy one began at the resolver: ${held}`);

    stage.step('the first resolvers have ended with their last connection');
    await until('the first resolvers to be gone', async () => {
      const names = new Set((await resolverPods(stage)).map(nameOf));
      return first.every((pod) => !names.has(nameOf(pod)));
    });
  },
};

function report(stage: Stage, outcomes: readonly Outcome[]): void {
  const lost = outcomes.filter(({ failure }) => failure !== undefined);
  const slowestMs = Math.round(Math.max(...outcomes.map(({ ms }) => ms)));
  stage.figure(
    `3 roll-outs of all resolvers: ${lost.length} of ${outcomes.length} requests lost, the slowest took ${slowestMs} ms`,
  );
  const reasons = Map.groupBy(lost, ({ protocol, failure }) => `${protocol}: ${failure}`);
  assert.deepEqual(Object.fromEntries([...reasons].map(([reason, { length }]) => [reason, length])), {});
}

/** A sample app that sleeps, and will sleep again whenever nobody has been there for a moment. */
async function startService(stage: Stage, name: string): Promise<void> {
  const ports = [
    { name: 'http', port: 80, targetPort: 'http' },
    { name: 'echo', port: ECHO_PORT, targetPort: 8082 },
  ];
  await stage.startApp({ name, ports, env: { ECHO_PORT: '8082', ON_TERM: 'drain' } });
  await stage.apply(makeElastiService(stage.namespace, { service: name }));
  await untilAsleep(stage, name);
  // Whoever stays connected to a pod that is ending is cut off with it.
  await stage.untilNoPods(name);
}

const untilAsleep = (stage: Stage, name: string) => stage.untilPhase('Asleep', { name, reason: 'SleptByElasti' });

async function startLoad(
  stage: Stage,
  service: string,
  start: typeof startNewConnections,
): Promise<Repeating<Outcome>> {
  const { spec } = await stage.get<KubeObject & { spec: { clusterIP: string } }>('v1/services', service);
  const load = start({ host: spec.clusterIP, echoPort: ECHO_PORT, everyMs: 100 });
  stage.onLeave(load.stop);
  return load;
}

/** Wakes each of those that sleep with clients that keep coming until it serves. */
function wakeAll(stage: Stage): Promise<readonly (readonly Outcome[])[]> {
  const wake = async (name: string) => {
    const load = await startLoad(stage, name, startNewConnections);
    await stage.untilPhase('Serving', { name });
    return load.stop();
  };
  return Promise.all(SLEEPERS.map(wake));
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
