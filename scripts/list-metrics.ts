import type { Registry } from 'prom-client';
import type { Family } from '../src/telemetry/families.ts';

type Described = Pick<Family, 'name' | 'help'> & { readonly type: string; readonly labelNames?: readonly string[] };

/** Name, type, labels and help of each metric of ours, in the order of their names. */
export function listMetrics(registry: Registry, families: readonly Family[] = []): readonly (readonly string[])[] {
  const metrics = registry.getMetricsAsArray() as unknown as readonly Described[];
  return [...metrics, ...families]
    .filter(({ name }) => name.startsWith('elasti_'))
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ name, type, help, labelNames = [] }) => [`\`${name}\``, type, labelNames.join(', '), help]);
}
