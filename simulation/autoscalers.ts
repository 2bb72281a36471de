import { PAUSED_ANNOTATION, PAUSED_REPLICAS_ANNOTATION } from '../src/api/keda.ts';
import { annotationsOf } from './objects.ts';
import { createProcess } from './process.ts';
import type { Site, World } from './world.ts';

const LOOP_MS = 5000;

/** Starts KEDA for the sites that have it, and an HPA for the others while that fault is on. */
export function startAutoscalers(world: World): void {
  const { scheduler, chance, faults, targets, scaledObjects } = world;
  const keda = createProcess(scheduler, { name: 'keda', offsetMs: world.clockOffsetMs() });
  const cache = scaledObjects.watch(keda, () => {});

  const write = (site: Site, replicas: number, by: string) => {
    const target = targets.get(site.targetKey);
    if (!target || target.replicas === replicas) return;
    world.tell(site, by, () => `scales to ${replicas}`);
    world.checks.scaledByOther(site, { by, from: target.replicas, to: replicas });
    targets.put(site.targetKey, { ...target, replicas, by, atMs: scheduler.nowMs() });
  };

  const runKeda = (site: Site) => {
    const found = cache.get(site.targetKey);
    const annotations = found ? annotationsOf(found) : {};
    const paused = annotations[PAUSED_REPLICAS_ANNOTATION];
    if (paused !== undefined) write(site, Number(paused), 'keda');
    else if (found && annotations[PAUSED_ANNOTATION] !== 'true' && targets.get(site.targetKey)?.replicas === 0) {
      write(site, found.minReplicaCount, 'keda');
    }
  };
  const runHpa = (site: Site) => {
    const replicas = targets.get(site.targetKey)?.replicas ?? 0;
    if (replicas > 0 && faults.has('autoscaler') && chance.is(0.05 / faults.rarity))
      write(site, chance.whole(1, 3), 'hpa');
  };

  world.atZeroStep.push((site) => {
    if (chance.is(0.1)) scheduler.after(chance.between(0, 25), () => runHpa(site));
  });
  for (const site of world.sites.filter(({ key, targetKey }) => key === targetKey)) {
    const loop = () => {
      if (site.hasKeda) runKeda(site);
      runHpa(site);
      scheduler.after(LOOP_MS, loop);
    };
    scheduler.after(chance.between(0, LOOP_MS), loop);
  }
}
