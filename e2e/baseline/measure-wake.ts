import { setTimeout as sleep } from 'node:timers/promises';
import type { Site } from '../loss/site.ts';
import { durations, type Figure, losses } from './figures.ts';
import { type Asked, askMany } from './requests.ts';
import type { Scene } from './scene.ts';
import type { System } from './system.ts';

const HELD = [1, 10, 50, 100] as const;
const START_DELAYS_MS = [0, 600, 1500, 2800] as const;

/** What was seen of one wake. */
interface Wake {
  readonly held: number;
  readonly raisedMs: number | undefined;
  readonly asked: readonly Asked[];
  readonly readyAtMs: number;
  readonly droppedMs: number | undefined;
  readonly ownReadyMs: number | undefined;
}

/** Rows a and c: from the first request to replicas, from the ready pod to the answers and to the end of the redirection. */
export async function measureWakes(scene: Scene, system: System): Promise<readonly Figure[]> {
  const making = START_DELAYS_MS.map((startDelayMs, index) => scene.makeSite({ name: `wake-${index}`, startDelayMs }));
  const sites = await Promise.all(making);
  const posted: (number | undefined)[] = [];
  for (const site of [...sites, ...sites]) posted.push(await wakeByPost(scene, system, site));
  const wakes: Wake[] = [];
  for (const held of HELD) {
    for (const site of sites) wakes.push(await wakeByRequests(scene, site, held));
  }
  return [
    { what: 'a. wake posted -> replicas patched', result: durations(posted) },
    ...HELD.flatMap((held) => figuresOf(held, wakes)),
    { what: 'c. pod ready -> nothing redirected any more', result: durations(wakes.map(({ droppedMs }) => droppedMs)) },
    {
      what: "c. pod ready -> the Service's own slice names it",
      result: durations(wakes.map(({ ownReadyMs }) => ownReadyMs)),
    },
  ];
}

function figuresOf(held: number, wakes: readonly Wake[]): readonly Figure[] {
  const ours = wakes.filter((wake) => wake.held === held);
  const waits = ({ asked, readyAtMs }: Wake) =>
    asked.filter(({ lost }) => lost === undefined).map(({ endedAtMs }) => endedAtMs - readyAtMs);
  const last = ours.map((wake) => Math.max(...waits(wake)));
  return [
    {
      what: `a. first of ${held} requests -> replicas patched`,
      result: durations(ours.map(({ raisedMs }) => raisedMs)),
    },
    {
      what: `a. pod ready -> 200, ${held} held`,
      result: `${durations(ours.flatMap(waits))}; last of each ${durations(last)}; ${losses(ours.flatMap(({ asked }) => asked))}`,
    },
  ];
}

async function wakeByPost(scene: Scene, system: System, site: Site): Promise<number | undefined> {
  scene.step(`${site.name}: woken by a post`);
  await scene.putToSleep(site);
  const sinceMs = performance.now();
  const raising = scene.timeline.when(site.name, sinceMs, ({ replicas }) => replicas > 0);
  await system.wake(site);
  const atMs = await raising;
  await scene.untilServes(site);
  return atMs === undefined ? undefined : atMs - sinceMs;
}

async function wakeByRequests(scene: Scene, site: Site, held: number): Promise<Wake> {
  const { timeline, step } = scene;
  step(`${site.name}: woken by ${held}`);
  await scene.putToSleep(site);
  const sinceMs = performance.now();
  const raising = timeline.when(site.name, sinceMs, ({ replicas }) => replicas > 0);
  const asking = askMany(scene, site, held);
  const raisedAtMs = await raising;
  const readyAtMs = await timeline.when(site.name, sinceMs, ({ readyPods }) => readyPods > 0);
  if (readyAtMs === undefined) throw new Error(`${site.name} did not become ready`);
  const ownReadyAtMs = await timeline.when(site.name, sinceMs, ({ isOwnReady }) => isOwnReady);
  const droppedAtMs = await timeline.when(site.name, readyAtMs, ({ isRedirected }) => !isRedirected);
  const asked = await asking;
  await sleep(SETTLED_MS);
  const after = (atMs: number | undefined, fromMs: number) =>
    atMs === undefined ? undefined : Math.max(0, atMs - fromMs);
  return {
    ...{ held, asked, readyAtMs },
    raisedMs: after(raisedAtMs, sinceMs),
    droppedMs: after(droppedAtMs, readyAtMs),
    ownReadyMs: after(ownReadyAtMs, readyAtMs),
  };
}

const SETTLED_MS = 1000;
