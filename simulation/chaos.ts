import { WAKE_ANNOTATION } from '../src/api/elastiservice.ts';
import { shardName, shardOf } from '../src/effects/claim-shards.ts';
import type { Controller } from './controller.ts';
import { createElastiService, deleteElastiService } from './elasti-services.ts';
import type { FaultName } from './faults.ts';
import { keyOf } from './objects.ts';
import type { Resolvers } from './resolvers.ts';
import type { Workloads } from './workloads.ts';
import type { Site, World } from './world.ts';

export interface Parts {
  readonly controller: Controller;
  readonly resolvers: Resolvers;
  readonly workloads: Workloads;
}

/** Lets happen, at random times, what has no place of its own in the model. */
export function startChaos(world: World, { controller, resolvers, workloads }: Parts): void {
  const { scheduler, chance, faults, api, hooks, prometheus, targets, elastiServices, configMaps, sites } = world;

  const remembered = new Map<Site, unknown>();

  const often = (name: FaultName, meanSeconds: number, run: () => void) => {
    const next = () =>
      void scheduler.after(chance.exponential(meanSeconds * 1000 * faults.rarity), () => {
        if (faults.has(name)) run();
        next();
      });
    if (faults.has(name)) next();
  };

  often('apiDown', 300, () => api.goDown(chance.spell(3000, 20_000)));
  often('controllerRestarts', 90, () => controller.restart(chance.spell(1000, 3000)));
  world.atZeroStep.push(() => {
    if (!faults.has('controllerRestarts') || chance.is(0.9)) return;
    scheduler.after(chance.between(0, 2000), () => controller.restart(chance.between(50, 500)));
  });
  often('controllerDown', 400, () => controller.restart(chance.spell(6000, 60_000)));
  often('hookCrashes', 60, () => hooks.crashOne());
  often('hookSuspensions', 60, () => hooks.suspendOne(chance.spell(3000, 12_000)));
  often('podCrashes', 90, () => workloads.crashOne());
  often('neverReady', 400, () => workloads.stall(chance.pick(sites), chance.spell(15_000, 150_000)));
  often('resolverRolls', 120, () => resolvers.roll());
  often('resolverKills', 200, () => resolvers.kill());
  often('resolverGone', 300, () => resolvers.vanish(chance.spell(8000, 120_000)));
  often('familyGone', 120, () => world.families.loseSecond(chance.spell(8000, 60_000)));
  often('claimsLost', 200, () => loseClaims());
  often('resolverMute', 90, () => resolvers.mute(chance.spell(5000, 30_000)));
  often('prometheusDown', 120, () => prometheus.goDown(chance.spell(6000, 90_000)));
  often('prometheusLies', 120, () => prometheus.lie(chance.spell(6000, 60_000)));
  often('people', 40, () => act(chance.pick(sites)));
  often('deletions', 150, () => deleteElastiService(world, chance.pick(sites)));
  often('statusLoss', 120, () => loseStatus(chance.pick(sites)));
  often('garbage', 200, () => annotate(chance.pick(sites), chance.pick(['x', '', 'null/1', '9999-01-01T00:00:00Z/a'])));

  // What meets a service that has just fallen asleep meets the rarest of its states.
  world.atZeroWrite.push((site, { inMs }) => {
    const fate = chance.next();
    const afterMs = inMs + chance.between(0, 3000);
    if (faults.has('resolverGone') && fate < 0.02) {
      scheduler.after(afterMs, () =>
        resolvers.vanish(chance.is(0.5) ? chance.between(500, 15_000) : chance.between(30_000, 100_000)),
      );
    }
    if (faults.has('deletions') && fate > 0.97) scheduler.after(afterMs, () => deleteElastiService(world, site));
  });

  // Whoever deletes an ElastiService makes it again, so that there is something to look at.
  elastiServices.onChange((key, after) => {
    const site = world.places.ofElastiService(key);
    if (after !== undefined || site?.key !== key) return;
    scheduler.after(chance.spell(5000, 30_000), () => {
      if (elastiServices.get(key) === undefined) createElastiService(world, site);
    });
  });

  function act(site: Site): void {
    const kind = chance.next();
    if (kind < 0.7) {
      scale(site, kind < 0.4 ? 0 : 3);
      return;
    }
    const found = elastiServices.get(site.key);
    if (!found) return;
    world.tell(site, 'a person', () => 'edits the spec');
    const spec = { ...(found.spec as object), minTargetReplicas: chance.whole(1, 3) };
    const generation = found.metadata.generation + 1;
    elastiServices.put(site.key, { ...found, spec, metadata: { ...found.metadata, generation } });
  }

  function scale(site: Site, replicas: number): void {
    const target = targets.get(site.targetKey);
    if (!target || target.replicas === replicas) return;
    world.tell(site, 'a person', () => `scales to ${replicas}`);
    world.checks.scaledByOther(site, { by: 'person', from: target.replicas, to: replicas });
    targets.put(site.targetKey, { ...target, replicas, by: 'person', atMs: scheduler.nowMs() });
  }

  function loseStatus(site: Site): void {
    const found = elastiServices.get(site.key);
    if (!found) return;
    const old = remembered.get(site);
    remembered.set(site, found.status);
    const status = chance.is(0.5) ? undefined : old;
    world.tell(site, 'a person', () => `${status === undefined ? 'loses' : 'restores an old'} status`);
    world.checks.statusLost(site);
    const { status: _, ...rest } = found;
    elastiServices.put(site.key, status === undefined ? rest : { ...rest, status });
  }

  function loseClaims(): void {
    const uid = elastiServices.get(chance.pick(sites).key)?.metadata.uid;
    if (uid === undefined) return;
    const name = shardName(shardOf(uid));
    world.tell(undefined, 'a person', () => `deletes ConfigMap ${name}`);
    configMaps.remove(keyOf(world.settings.resolver.namespace, name));
  }

  function annotate(site: Site, text: string): void {
    const found = elastiServices.get(site.key);
    if (!found) return;
    world.tell(site, 'a person', () => `writes ${JSON.stringify(text)} as wake annotation`);
    world.checks.wakeAsked(site);
    const annotations = { ...found.metadata.annotations, [WAKE_ANNOTATION]: text };
    elastiServices.put(site.key, { ...found, metadata: { ...found.metadata, annotations } });
  }
}
