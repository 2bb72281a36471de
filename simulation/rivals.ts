import { createElastiService, deleteElastiService } from './elasti-services.ts';
import type { Site, World } from './world.ts';

/** A Service that nobody has. */
const SPARE = 'spare';
const MEAN_MS = 100_000;
/** Until something is done about one that is there: one of two cannot sleep meanwhile. */
const STAY_MS = 15_000;

/** Lets people make a second ElastiService on a Service, or turn one to it that was made before, and remove either. */
export function startRivals(world: World): void {
  const { scheduler, chance, faults, elastiServices, sites } = world;
  if (!faults.has('rivals')) return;

  const nameOf = ({ rivalKey }: Site) => rivalKey.slice(rivalKey.indexOf('/') + 1);
  const act = (site: Site) => {
    if (!faults.has('rivals')) return;
    scheduler.after(chance.exponential(STAY_MS), () => {
      if (elastiServices.get(site.rivalKey) !== undefined) act(site);
    });
    const rival = elastiServices.get(site.rivalKey);
    if (rival === undefined) {
      createElastiService(world, site, { name: nameOf(site), service: chance.is(0.5) ? site.name : SPARE });
      return;
    }
    if ((rival.spec as { service?: string }).service === site.name) {
      deleteElastiService(world, site, chance.is(0.5) ? site.rivalKey : site.key);
      return;
    }
    world.tell(site, 'a person', () => `gives ${site.rivalKey} the Service ${site.name}`);
    const generation = rival.metadata.generation + 1;
    const spec = { ...(rival.spec as object), service: site.name };
    elastiServices.put(site.rivalKey, { ...rival, spec, metadata: { ...rival.metadata, generation } });
  };

  const next = () =>
    void scheduler.after(chance.exponential((MEAN_MS * faults.rarity) / sites.length), () => {
      const site = chance.pick(sites);
      if (elastiServices.get(site.rivalKey) === undefined) act(site);
      next();
    });
  next();
  // What has no Service of its own would count for a sharer of the target for ever.
  world.atFaultsEnd.push(() => {
    for (const site of sites) deleteElastiService(world, site, site.rivalKey);
  });
}
