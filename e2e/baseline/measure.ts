import { createApi } from '../cluster/api.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { addClientAddresses, createSources } from '../loss/sources.ts';
import type { Figure } from './figures.ts';
import { installElasti, installKubeElasti } from './install.ts';
import { measureFailures } from './measure-failures.ts';
import { measureSleeps } from './measure-sleep.ts';
import { measureWakes } from './measure-wake.ts';
import { createScene } from './scene.ts';
import { createSystem } from './system.ts';

export interface MeasureOptions {
  /** KubeElasti's operator; absent: Elasti. */
  readonly operator: string | undefined;
  /** The parts of it: wake, sleep, failures. */
  readonly only: RegExp;
  step(what: string): void;
  /** Told of each figure, part by part. */
  taken(figure: Figure): void;
}

/** Installs one system in an empty cluster and takes its figures. */
export async function measure(cluster: Cluster, options: MeasureOptions): Promise<readonly Figure[]> {
  const { operator, only, step, taken } = options;
  await addClientAddresses();
  await (operator === undefined ? installElasti(cluster, step) : installKubeElasti(cluster, operator));
  const api = createApi(cluster.kubeconfig);
  const scene = await createScene(api, { nextSource: createSources(), step });
  const system = createSystem(api);
  const parts = { wake: measureWakes, sleep: measureSleeps, failures: measureFailures };
  const figures: Figure[] = [];
  try {
    for (const [name, part] of Object.entries(parts)) {
      if (!only.test(name)) continue;
      const ofPart = await part(scene, system);
      ofPart.forEach(taken);
      figures.push(...ofPart);
    }
  } finally {
    scene.timeline.stop();
    api.close();
  }
  return figures;
}
