import type { Registry } from 'prom-client';

interface Described {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/** Name, type, labels and help of each metric of ours, in the order of their names. */
export function listMetrics(registry: Registry): readonly (readonly string[])[] {
  const metrics = registry.getMetricsAsArray() as unknown as readonly Described[];
  return metrics
    .filter(({ name }) => name.startsWith('elasti_'))
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ name, type, help, labelNames = [] }) => [`\`${name}\``, type, labelNames.join(', '), help]);
}
