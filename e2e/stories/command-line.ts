import assert from 'node:assert/strict';
import { runCollected } from '../../src/cli/testing/run-collected.ts';
import { systemClock as clock, systemRandom as random } from '../../src/system.ts';
import { until } from '../cluster/wait.ts';
import { makeApp, makeElastiService } from '../stage/manifests.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';
import { WAIT_MS } from '../stage/waits.ts';

export const commandLine: Story = {
  name: 'the command line says why in every phase, and does what a person wants',
  slug: 'command-line',
  async tell(stage) {
    const { namespace } = stage;
    await stage.startApp();
    await stage.apply(...prometheusService(stage));
    const serverAddress = `http://prometheus.${namespace}.svc:9090`;

    stage.step('busy');
    await stage.traffic('web', 5);
    await stage.apply(makeElastiService(namespace, { cooldownSeconds: 3600, serverAddress }));
    await stage.untilReason('Ready', 'TriggerActive');
    await tells(stage, ['why', 'web'], [/^\S+ is up: /, /\bis 5, not below its threshold 1: active\.$/m]);

    stage.step('idle, within the cooldown');
    await stage.traffic('web', 0);
    await stage.untilReason('Ready', 'InCooldown');
    const idle = [
      /^Because: idle, and kept up until /m,
      /^Next: it sleeps if idle until then, .* \(in (1h|59m)/m,
      /: idle\.$/m,
    ];
    await tells(stage, ['why', 'web'], idle);

    stage.step('asked to sleep');
    await tells(stage, ['sleep', 'web'], [new RegExp(`^${namespace}/web sleeps\n$`)]);
    assert.equal(await stage.replicas(), 0);
    await tells(stage, ['why', 'web'], [/^\S+ sleeps: /, /ago FellAsleep: /, /has spec\.replicas 0\.$/m]);
    await tells(stage, ['status'], [/^web +web +Asleep .* 0 .* wakes with a request or an active trigger$/m]);

    stage.step('woken');
    await tells(stage, ['wake', 'web'], [/ is up\n$/]);
    assert.equal(await stage.replicas(), 1);
    await tells(stage, ['why', 'web'], [/^ {2}The last wake, of .*, was served\.$/m, /a person, through a wake\.$/m]);

    stage.step('kept awake beyond its cooldown, and no longer');
    await tells(stage, ['keep-awake', 'web', '--for', '1h'], [/is kept awake until .* is up\n$/]);
    await stage.apply(makeElastiService(namespace, { cooldownSeconds: 2, serverAddress }));
    await stage.untilReason('Ready', 'KeptAwake');
    await until('the short cooldown to be seen', async () => {
      const { metadata, status } = await stage.elastiService();
      return status?.observedGeneration === metadata.generation;
    });
    await tells(stage, ['why', 'web'], [/^Next: it may sleep again, .* \(in (1h|59m)/m]);
    await tells(stage, ['keep-awake', 'web', '--end'], [/may sleep again\n$/]);
    await stage.untilPhase('Asleep', { reason: 'SleptByElasti' });

    await tellPhasesBetween(stage, serverAddress);

    stage.step('switched off while it sleeps');
    await stage.kubectl('annotate', 'elastiservice', 'web', 'elasti.truefoundry.com/sleep=off');
    await stage.untilPhase('Serving', { reason: 'SleepSwitchedOff' });
    await tells(stage, ['why', 'web'], [/^ {2}A person has switched its sleep off\.$/m]);

    stage.step('the doctor finds nothing but what differs here from a cluster of a user');
    const { out } = await cli(stage, ['doctor', '-o', 'json']);
    const { findings } = JSON.parse(out) as { findings: { level: string; check: string; what: string }[] };
    const wrong = findings
      // One resolver alone is all that some of the settings of these stories have.
      .filter(({ level, check }) => level !== 'ok' && check !== 'resolver')
      .map(({ level, check, what }) => `${level} ${check}: ${what}`);
    assert.deepEqual(wrong, [
      'problem metacontroller: no workload runs its image',
      'warning service: annotation elasti.truefoundry.com/sleep says that it is not to sleep (SleepSwitchedOff)',
    ]);
  },
};

/** From Asleep to Asleep, through the phases that pass by themselves, and those that wait for somebody. */
async function tellPhasesBetween(stage: Stage, serverAddress: string): Promise<void> {
  const { namespace } = stage;
  const long = makeElastiService(namespace, { cooldownSeconds: 3600, serverAddress });

  stage.step('waking: a pod was asked for and is not ready');
  await setPodsToCome(stage, { areReady: false });
  await stage.apply(long);
  await tells(stage, ['wake', 'web', '--no-wait'], []);
  await stage.untilPhase('Waking');
  const waking = [/^\S+ is waking: pods start, and the resolver holds /, /^Because: .*\.$/m, /^Next: it waits /m];
  await tells(stage, ['why', 'web'], [...waking, /has spec\.replicas 1\.$/m]);
  await setPods(stage, { areReady: true });
  await stage.untilPhase('Serving');

  stage.step('holding: it served, and has no ready pod any more');
  await setPods(stage, { areReady: false });
  await stage.untilPhase('Holding');
  await tells(
    stage,
    ['why', 'web'],
    [/^\S+ has no ready pod although replicas are above 0: /, /^Next: it waits for a pod that is ready\.$/m],
  );
  await setPods(stage, { areReady: true });
  await stage.untilPhase('Serving');

  stage.step('blocked: the Service is gone');
  const [, service] = makeApp({ name: 'web', namespace });
  await stage.kubectl('delete', 'service', 'web');
  await stage.untilPhase('Blocked');
  const blocked = [/^\S+ is blocked: /, /^Because: .* \(ServiceMissing\)\.$/m, /To do: create the Service/];
  await tells(stage, ['why', 'web'], blocked);
  await tells(stage, ['status'], [/^web +web +Blocked /m]);
  await stage.apply(service);
  await stage.untilPhase('Serving');

  stage.step('draining: it is about to go');
  await stage.apply(makeElastiService(namespace, { cooldownSeconds: 2, serverAddress }));
  // It passes within the drain time of 2 s: asked again and again until the answer is about it.
  const about = async () => {
    const { out } = await cli(stage, ['why', 'web']);
    return /^\S+ is about to sleep: /.test(out) && out.includes('(in ') && out;
  };
  const draining = await until('why to tell of a drain', about, { timeoutMs: WAIT_MS, everyMs: 20 });
  assert.match(draining, /^Next: it goes to 0 replicas unless a request comes, .* \(in [0-5]s\)\.$/m);
  await stage.untilPhase('Asleep', { reason: 'SleptByElasti' });
  await setPodsToCome(stage, { areReady: true });
}

const readiness = (areReady: boolean) => ({ 'e2e.elasti.dev/never-ready': String(!areReady) });

/** Of the pods that the target will have; to be changed while it sleeps, or they would be rolled. */
async function setPodsToCome(stage: Stage, { areReady }: { readonly areReady: boolean }): Promise<void> {
  const template = { spec: { template: { metadata: { annotations: readiness(areReady) } } } };
  await stage.kubectl('patch', 'deployment', 'web', '--patch', JSON.stringify(template));
}

/** Of those that are there. */
async function setPods(stage: Stage, { areReady }: { readonly areReady: boolean }): Promise<void> {
  const [annotation] = Object.entries(readiness(areReady)).map((pair) => pair.join('='));
  await stage.kubectl('annotate', 'pods', '--selector', 'app=web', '--overwrite', String(annotation));
}

/** Prometheus is no pod here, and the API server's proxy goes to pods alone: a pod that passes on to it, and its Service. */
function prometheusService({ namespace, environment }: Stage): object[] {
  const { hostname, port } = new URL(environment.prometheusUrl);
  const passOn = `net.createServer((c) => c.on('error', () => {}).pipe(net.connect(${port}, '${hostname}')).pipe(c))`;
  const listening = `${passOn}.listen(${port}, process.env.POD_IP)`;
  const metadata = { name: 'prometheus', namespace };
  const labels = { app: 'prometheus' };
  const container = {
    name: 'proxy',
    image: 'node',
    command: ['node', '-e', listening],
    env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    ports: [{ name: 'http', containerPort: Number(port) }],
    readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 },
  };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  return [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector: { matchLabels: labels }, template } },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port: Number(port) }] } },
  ];
}

const cli = ({ namespace, environment }: Stage, args: readonly string[]) =>
  runCollected([...args, '-n', namespace, '--kubeconfig', environment.cluster.kubeconfig], {
    clock,
    random,
    version: '0',
  });

async function tells(stage: Stage, args: readonly string[], patterns: readonly RegExp[]): Promise<void> {
  const { code, out, err } = await cli(stage, args);
  assert.equal(code, 0, `${args.join(' ')}: ${out}${err}`);
  for (const pattern of patterns) assert.match(out, pattern);
}
