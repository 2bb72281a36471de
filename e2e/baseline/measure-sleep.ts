import { setTimeout as sleep } from 'node:timers/promises';
import type { Site } from '../loss/site.ts';
import { durations, type Figure, failedProbes, losses } from './figures.ts';
import { ask, keepAsking, startProbing } from './requests.ts';
import type { Scene } from './scene.ts';
import type { System } from './system.ts';
import type { Moment } from './timeline.ts';

const COOLDOWN_SECONDS = 8;
const SLEEPS = 4;
const FLAP_MS = 90_000;
const FORCED = 6;
const FORCED_EVERY_MS = 12_000;
const EVERY_MS = 50;
const MANNERS = ['abrupt', 'graceful'] as const;
const SAID = { abrupt: 'pods exit at SIGTERM', graceful: 'preStop 2 s' } as const;

/** Row b: the order of things in a sleep, and what is lost when clients come meanwhile. */
export async function measureSleeps(scene: Scene, system: System): Promise<readonly Figure[]> {
  return [
    ...(await measureOrder(scene)),
    ...(await measureProbes(scene)),
    ...(await measureForced(scene)),
    ...(await measureFlapping(scene)),
    await measureWakeAtZero(scene, system),
  ];
}

/** Sleeps that the trigger brings about, with nobody there. */
async function measureOrder(scene: Scene): Promise<readonly Figure[]> {
  const { timeline, step } = scene;
  const site = await scene.makeSite({ name: 'order', cooldownSeconds: COOLDOWN_SECONDS });
  const redirected: (number | undefined)[] = [];
  const emptied: (number | undefined)[] = [];
  for (let turn = 0; turn < SLEEPS; turn++) {
    step(`falls asleep by its trigger, ${turn + 1} of ${SLEEPS}`);
    const fromMs = performance.now();
    const zeroAtMs = await timeline.when(site.name, fromMs, ({ replicas }) => replicas === 0);
    if (zeroAtMs === undefined) throw new Error(`${site.name} did not fall asleep`);
    await timeline.when(site.name, zeroAtMs, ({ isRedirected, isOwnReady }) => isRedirected && !isOwnReady);
    await sleep(1500);
    const begun = beginOf(timeline.history(site.name), fromMs, ({ isRedirected }) => isRedirected);
    redirected.push(begun === undefined ? undefined : begun - zeroAtMs);
    const empty = beginOf(timeline.history(site.name), zeroAtMs, ({ isOwnReady }) => !isOwnReady);
    emptied.push(empty === undefined ? undefined : empty - zeroAtMs);
    await ask(scene, site);
    await scene.untilServes(site);
  }
  return [
    { what: 'b. replicas 0 -> redirected (negative: before)', result: durations(redirected) },
    { what: 'b. replicas 0 -> own slice without a ready address', result: durations(emptied) },
  ];
}

const beginOf = (history: readonly Moment[], sinceMs: number, isTrue: (moment: Moment) => boolean) =>
  history.find((moment) => moment.atMs >= sinceMs && isTrue(moment))?.atMs;

/** Replicas are set to 0 by hand, under attempts to connect each 20 ms. */
async function measureProbes(scene: Scene): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const manners of MANNERS) {
    const site = await scene.makeSite({ name: `probed-${manners}`, manners });
    const results: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      scene.step(`${site.name}: 0 by hand, ${turn + 1}`);
      const probing = startProbing(scene, site);
      await sleep(500);
      const zeroAtMs = performance.now();
      await scene.setReplicas(site, 0);
      await sleep(6000);
      results.push(failedProbes(await probing.stop(), zeroAtMs));
      await ask(scene, site);
      await scene.untilServes(site);
    }
    figures.push({
      what: `b. 0 by hand, connect each 20 ms, ${SAID[manners]}: failed`,
      result: results.join('; '),
    });
  }
  return figures;
}

/** Replicas are set to 0 by hand again and again, under 20 new connections a second. */
async function measureForced(scene: Scene): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const manners of MANNERS) {
    const site = await scene.makeSite({ name: `forced-${manners}`, manners });
    scene.step(`${site.name}: 0 by hand ${FORCED} times`);
    const asking = keepAsking(scene, site, { everyMs: EVERY_MS, forMs: FORCED * FORCED_EVERY_MS });
    for (let turn = 0; turn < FORCED; turn++) {
      await sleep(FORCED_EVERY_MS / 3);
      await scene.setReplicas(site, 0);
      await sleep((FORCED_EVERY_MS * 2) / 3);
    }
    const result = losses(await asking);
    figures.push({ what: `b. 0 by hand ${FORCED} times under 20 requests/s, ${SAID[manners]}`, result });
  }
  return figures;
}

/** The trigger says idle all the time, and clients come all the same. */
async function measureFlapping(scene: Scene): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const manners of MANNERS) {
    const site = await scene.makeSite({ name: `flap-${manners}`, manners, cooldownSeconds: COOLDOWN_SECONDS });
    figures.push({
      what: `b. trigger idle for ${FLAP_MS / 1000} s under 20 requests/s, ${SAID[manners]}`,
      result: await flap(scene, [site]),
    });
  }
  const four = await Promise.all(
    [0, 1, 2, 3].map((index) =>
      scene.makeSite({ name: `four-${index}`, manners: 'abrupt', cooldownSeconds: COOLDOWN_SECONDS }),
    ),
  );
  figures.push({ what: 'b. the same, four services at once', result: await flap(scene, four) });
  return figures;
}

async function flap(scene: Scene, sites: readonly Site[]): Promise<string> {
  scene.step(`${sites[0]?.name}: trigger idle under requests, ${sites.length} at once`);
  const fromMs = performance.now();
  const asked = await Promise.all(sites.map((site) => keepAsking(scene, site, { everyMs: EVERY_MS, forMs: FLAP_MS })));
  const zeros = sites.flatMap(({ name }) => {
    const since = scene.timeline.history(name).filter(({ atMs }) => atMs >= fromMs);
    return since.filter(({ replicas }, index) => replicas === 0 && (since[index - 1]?.replicas ?? 0) > 0);
  });
  return `${losses(asked.flat())}, ${zeros.length} sleeps`;
}

/** A wake that comes just after the zero. */
async function measureWakeAtZero(scene: Scene, system: System): Promise<Figure> {
  const site = await scene.makeSite({ name: 'at-zero', manners: 'abrupt' });
  const raised: (number | undefined)[] = [];
  for (let turn = 0; turn < 6; turn++) {
    scene.step(`a wake just after the zero, ${turn + 1}`);
    await scene.setReplicas(site, 0);
    const zeroAtMs = await scene.timeline.when(site.name, performance.now(), ({ replicas }) => replicas === 0);
    if (zeroAtMs === undefined) throw new Error('no zero was seen');
    await system.wake(site);
    const atMs = await scene.timeline.when(site.name, zeroAtMs, ({ replicas }) => replicas > 0, 12_000);
    raised.push(atMs === undefined ? undefined : atMs - zeroAtMs);
    if (atMs === undefined) await scene.setReplicas(site, 1);
    await scene.untilServes(site);
  }
  return { what: 'b. wake posted as soon as replicas are 0 -> replicas raised within 12 s', result: durations(raised) };
}
