import type { FaultName } from './faults.ts';
import { makeService } from './sites.ts';
import type { Site, World } from './world.ts';

/** People who change the Service and the workload under our hands. */
export function startEdits(world: World): void {
  const { scheduler, chance, faults, services, targets, checks, sites } = world;
  let made = 0;

  const often = (name: FaultName, meanSeconds: number, run: (site: Site) => void) => {
    const next = () =>
      void scheduler.after(chance.exponential(meanSeconds * 1000 * faults.rarity), () => {
        if (faults.has(name)) run(chance.pick(sites));
        next();
      });
    if (faults.has(name)) next();
  };
  often('serviceEdits', 80, (site) => (chance.is(0.4) ? deleteService(site) : editPorts(site)));
  often('targetEdits', 150, deleteTarget);

  function editPorts(site: Site): void {
    const service = services.get(site.key);
    if (service === undefined) return;
    const names = chance.pick([['http'], ['web'], ['http', 'web'], ['web', 'http']]);
    world.tell(site, 'a person', () => `gives the Service the ports ${names.join(', ')}`);
    checks.serviceChanged(site);
    const ports = names.map((name) => ({ name, port: name === 'http' ? 80 : 81, targetPort: 8080 }));
    services.put(site.key, { ...service, spec: { ...service.spec, ports } });
  }

  function deleteService(site: Site): void {
    if (services.get(site.key) === undefined) return;
    world.tell(site, 'a person', () => 'deletes the Service');
    checks.serviceChanged(site);
    services.remove(site.key);
    scheduler.after(chance.spell(4000, 20_000), () => {
      made += 1;
      world.tell(site, 'a person', () => 'makes the Service again');
      checks.serviceChanged(site);
      services.put(site.key, makeService(site, made));
    });
  }

  function deleteTarget(site: Site): void {
    if (targets.get(site.targetKey) === undefined) return;
    world.tell(site, 'a person', () => 'deletes the workload');
    checks.targetChanged(site, false);
    targets.remove(site.targetKey);
    scheduler.after(chance.spell(4000, 30_000), () => {
      world.tell(site, 'a person', () => 'makes the workload again');
      checks.targetChanged(site, true);
      const metadata = { name: site.targetName, namespace: site.namespace };
      targets.put(site.targetKey, { metadata, replicas: 1, statusReplicas: 0, by: 'person', atMs: scheduler.nowMs() });
    });
  }
}
