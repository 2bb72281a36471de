import { setImmediate } from 'node:timers/promises';
import type { Registry } from 'prom-client';

/**
 * Writes metrics in Prometheus' text format. The registries of one group have the same metrics, each some of their series. One
 * after the other, and each as bytes at once: with 10,000 ElastiServices the whole is 12 MB, and a metric that is written in
 * one piece takes several times that from the heap, and the event loop for a tenth of a second.
 */
export async function exposeAll(groups: readonly (readonly Registry[])[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const [first, ...others] of groups) {
    for (const { name } of first?.getMetricsAsArray() ?? []) {
      for (const registry of [first, ...others]) {
        await setImmediate();
        const text = (await registry?.getSingleMetricAsString(name)) ?? '';
        const lines = registry === first ? `${text}\n` : withoutHeader(text);
        if (lines !== '') parts.push(Buffer.from(lines));
      }
    }
  }
  return Buffer.concat(parts);
}

/** Without the lines HELP and TYPE, which may come only once. */
function withoutHeader(text: string): string {
  const type = text.indexOf('\n');
  const series = text.indexOf('\n', type + 1);
  return series < 0 ? '' : `${text.slice(series + 1)}\n`;
}
