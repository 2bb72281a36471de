import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { parse, stringify } from 'yaml';
import { createResolverMetrics } from '../../src/resolver/metrics.ts';
import { createCollectors } from '../../src/telemetry/collectors.ts';
import { FLEET_FAMILIES } from '../../src/telemetry/families.ts';

const read = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');
const skip = spawnSync('promtool', ['--version']).status === 0 ? false : 'promtool is not on the PATH';

const ofRules = ['rules.yaml', 'own-resolver/rules.yaml'].flatMap((file): string[] =>
  parse(read(file)).spec.groups.flatMap(({ rules }: { rules: { expr: string }[] }) => rules.map(({ expr }) => expr)),
);
const { panels } = JSON.parse(read('dashboard.json')) as { panels: { targets: { expr: string }[] }[] };
const ofDashboard = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const queries = [...ofRules, ...ofDashboard];

/** What is exported, by name, with the labels that it may have. */
function exported(): ReadonlyMap<string, readonly string[]> {
  const registry = new Registry();
  createCollectors(registry);
  createResolverMetrics(() => assert.fail('nobody asks for values'), registry);
  const metrics = registry.getMetricsAsArray() as { name: string; labelNames?: string[] }[];
  return new Map([...metrics, ...FLEET_FAMILIES].map(({ name, labelNames = [] }) => [name, labelNames]));
}

test('every metric that an alert or the dashboard names is one of ours, with labels that it has', () => {
  const labelsOf = exported();
  let count = 0;
  for (const query of queries) {
    for (const [, name = '', selector = ''] of query.matchAll(/\b(elasti_\w+)(?:\{([^}]*)\})?/g)) {
      const known = labelsOf.get(name) ?? labelsOf.get(name.replace(/_(bucket|sum|count)$/, ''));
      assert.ok(known, `${name} in ${query}`);
      for (const [, label = ''] of selector.matchAll(/(\w+)(?==|!)/g))
        assert.ok(known.includes(label), `${label} in ${query}`);
      count += 1;
    }
  }
  assert.ok(count > 30, String(count));
});

test('every query is one that Prometheus can parse', { skip }, (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'elasti-queries-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const rules = queries.map((query, index) => ({
    record: `query_${index}`,
    expr: query.replaceAll('$__rate_interval', '5m'),
  }));
  const file = join(directory, 'rules.yaml');
  writeFileSync(file, stringify({ groups: [{ name: 'queries', rules }] }));
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});
