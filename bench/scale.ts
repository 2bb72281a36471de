import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Cluster } from '../e2e/cluster/cluster.ts';
import { withCluster } from '../e2e/cluster/enter.ts';
import { run as runProgram } from '../e2e/cluster/shell.ts';
import { printLine } from './print.ts';
import { createBenchWorld } from './scale/bench-world.ts';
import { check } from './scale/check.ts';
import { LOADS, type LoadFigures, measureRest } from './scale/measure.ts';
import { printLoad, printRest } from './scale/report.ts';
import { variablesOf } from './variables.ts';

// How the three parts bear many ElastiServices, on a real control plane whose pods kwok plays: needs root, see
// e2e/cluster/README.md. METACONTROLLER_BIN names the real one. With --check only what a minute is enough for, and fails
// where it has grown.

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'bench-scale' },
    services: { type: 'string', default: '500' },
    poll: { type: 'string' },
    component: { type: 'string', multiple: true, default: [] },
    /** What happens to the fleet after it was at rest, by the names in LOADS. */
    load: { type: 'string', multiple: true, default: Object.keys(LOADS) },
    /** Added to the hook service's environment, as NAME=value. */
    env: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});
const services = Number(values.services);
const pollSeconds = Number(values.poll ?? (values.check ? '10' : '30'));
const unknown = values.load.find((name) => !(name in LOADS));
if (unknown !== undefined) throw new Error(`--load ${unknown}: there are ${Object.keys(LOADS).join(', ')}`);
const startedAtMs = performance.now();
const step = (what: string) => printLine(`scale: ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s: ${what}`);

async function bench(cluster: Cluster): Promise<void> {
  await runProgram('npm', ['run', 'build', '--silent', '--prefix', join(import.meta.dirname, '..')]);
  const world = await createBenchWorld(cluster, {
    pollSeconds,
    components: values.component,
    hookVariables: variablesOf(values.env),
  });
  const run = { world, services, pollSeconds, step };
  const rest = await measureRest(run);
  printRest(rest);
  if (values.check && !check(rest, values.component)) process.exitCode = 1;
  // What follows takes minutes: what there is by then is not lost with it.
  keep({ rest });
  let load: LoadFigures = {};
  for (const [name, measure] of values.check ? [] : Object.entries(LOADS)) {
    if (!values.load.includes(name)) continue;
    const figures = await measure(run);
    printLoad(figures);
    load = { ...load, ...figures };
    keep({ rest, load });
  }
  world.close();
  step('done');
}

function keep(result: object): void {
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, rounded, 2)}\n`);
}

const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(4)) : value;

await withCluster({ name: values.name, audit: true }, bench);
