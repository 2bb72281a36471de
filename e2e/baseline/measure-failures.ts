import { setTimeout as sleep } from 'node:timers/promises';
import { durations, type Figure, failedProbes, losses } from './figures.ts';
import { type Asked, ask, askMany, keepAsking, startProbing } from './requests.ts';
import type { Scene } from './scene.ts';
import type { System } from './system.ts';

const TURNS = 3;
const POD_MS = 1150;

/** What is left of row c, and row e: what fails while services sleep and wake. */
export async function measureFailures(scene: Scene, system: System): Promise<readonly Figure[]> {
  return [
    await measureSleepAfterWake(scene),
    ...(await measureResolverKilled(scene, system)),
    await measureResolverReplaced(scene, system),
    ...(await measureOperatorKilled(scene, system)),
    await measureOperatorKilledMidway(scene, system),
  ];
}

/** Asleep again just after a wake, when 15 s later the next clients come. */
async function measureSleepAfterWake(scene: Scene): Promise<Figure> {
  const sites = await Promise.all([0, 1, 2, 3].map((index) => scene.makeSite({ name: `again-${index}` })));
  scene.step('asleep again after a wake');
  const asked = await Promise.all(
    sites.map(async (site) => {
      await scene.putToSleep(site);
      const { endedAtMs } = await ask(scene, site);
      await scene.setReplicas(site, 0);
      await sleep(endedAtMs + 15_200 - performance.now());
      return keepAsking(scene, site, { everyMs: 250, forMs: 5000 });
    }),
  );
  return { what: 'c. asleep again within 15 s of a wake, requests from 15.2 s on', result: losses(asked.flat()) };
}

async function measureResolverKilled(scene: Scene, system: System): Promise<readonly Figure[]> {
  const site = await scene.makeSite({ name: 'held', startDelayMs: 4000 });
  const beside = await scene.makeSite({ name: 'beside' });
  const held: Asked[] = [];
  const refused: string[] = [];
  await scene.putToSleepForGood(beside);
  for (let turn = 0; turn < TURNS; turn++) {
    scene.step(`a resolver is killed, ${turn + 1} of ${TURNS}`);
    await scene.putToSleep(site);
    const probing = startProbing(scene, beside);
    const asking = askMany(scene, site, 10);
    await sleep(1000);
    const killedAtMs = performance.now();
    await system.kill('resolver', { restartMs: 1000 });
    held.push(...(await asking));
    await sleep(3000);
    refused.push(failedProbes(await probing.stop(), killedAtMs));
    await scene.untilServes(site);
  }
  return [
    { what: 'e. a resolver killed with 10 requests held', result: losses(held) },
    { what: 'e. then, connect each 20 ms to a service asleep: failed', result: refused.join('; ') },
  ];
}

async function measureResolverReplaced(scene: Scene, system: System): Promise<Figure> {
  const site = await scene.makeSite({ name: 'replaced' });
  const results: string[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    scene.step(`a resolver is replaced, ${turn + 1} of ${TURNS}`);
    await scene.putToSleepForGood(site);
    const probing = startProbing(scene, site);
    await sleep(500);
    const replacedAtMs = performance.now();
    await system.replaceResolver();
    await sleep(12_000);
    results.push(failedProbes(await probing.stop(), replacedAtMs));
  }
  return { what: 'e. a resolver replaced, connect each 20 ms to a service asleep: failed', result: results.join('; ') };
}

async function measureOperatorKilled(scene: Scene, system: System): Promise<readonly Figure[]> {
  const site = await scene.makeSite({ name: 'unheard', startDelayMs: POD_MS });
  const figures: Figure[] = [];
  for (const restartMs of [1000, 5000]) {
    const asked: Asked[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      scene.step(`the operator is killed, back after ${restartMs} ms, ${turn + 1} of ${TURNS}`);
      await scene.putToSleep(site);
      await system.kill('operator', { restartMs });
      asked.push(await ask(scene, site));
      await scene.untilServes(site);
      await system.untilBack('operator');
    }
    const waits = asked.map(({ beganAtMs, endedAtMs, lost }) => (lost ? undefined : endedAtMs - beganAtMs));
    figures.push({
      what: `e. all of the operator killed, back after ${restartMs / 1000} s, then a request: answered after`,
      result: durations(waits, 's'),
    });
  }
  return figures;
}

async function measureOperatorKilledMidway(scene: Scene, system: System): Promise<Figure> {
  const sites = await Promise.all(
    [0, 1, 2, 3].map((index) => scene.makeSite({ name: `midway-${index}`, startDelayMs: POD_MS })),
  );
  const asked: Asked[] = [];
  scene.step('the operator is killed between wake and ready');
  for (const site of sites) {
    await scene.putToSleep(site);
    const fromMs = performance.now();
    const first = ask(scene, site);
    await scene.timeline.when(site.name, fromMs, ({ replicas }) => replicas > 0);
    await system.kill('operator', { restartMs: 5000 });
    asked.push(await first, ...(await keepAsking(scene, site, { everyMs: 200, forMs: 24_000 })));
    await system.untilBack('operator');
  }
  const redirected = sites.filter(({ name }) => scene.timeline.view(name).isRedirected).length;
  return {
    what: 'e. the operator killed between wake and ready, back after 5 s: requests in the next 24 s',
    result: `${losses(asked)}; left redirected for good: ${redirected} of ${sites.length}`,
  };
}
