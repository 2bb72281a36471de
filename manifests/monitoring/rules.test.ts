import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { ALERT_CASES } from './alert-cases.ts';

const skip = spawnSync('promtool', ['--version']).status === 0 ? false : 'promtool is not on the PATH';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}
const groups = ['rules.yaml', 'own-resolver/rules.yaml'].flatMap(
  (file) => parse(readFileSync(join(import.meta.dirname, file), 'utf8')).spec.groups,
);
const rules: readonly Rule[] = groups.flatMap((group) => group.rules);

/** A folder with the groups as Prometheus itself reads them. */
function setup(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'elasti-rules-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'rules.yaml'), stringify({ groups }));
  return directory;
}

describe('alerts', { skip }, () => {
  test('are rules that Prometheus can read', (t) => {
    const output = execFileSync('promtool', ['check', 'rules', join(setup(t), 'rules.yaml')], { encoding: 'utf8' });
    assert.match(output, new RegExp(`SUCCESS: ${rules.length} rules found`));
  });

  for (const [alert, { fires, rests }] of Object.entries(ALERT_CASES)) {
    test(`${alert} fires when it should, and rests just before`, (t) => {
      const directory = setup(t);
      const caseOf = (series: Readonly<Record<string, string>>, isFiring: boolean) => ({
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          {
            expr: `count(ALERTS{alertname="${alert}", alertstate="firing"})`,
            eval_time: '1h',
            exp_samples: isFiring ? [{ labels: '{}', value: 1 }] : [],
          },
        ],
      });
      const cases = {
        rule_files: ['rules.yaml'],
        evaluation_interval: '1m',
        tests: [caseOf(fires, true), caseOf(rests, false)],
      };
      writeFileSync(join(directory, 'cases.yaml'), stringify(cases));
      const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', join(directory, 'cases.yaml')], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout + stderr);
    });
  }
});

test('each alert has its cases, a known severity, and an entry of its own in the run-book', () => {
  const names = rules.map(({ alert }) => alert);
  assert.deepEqual(names, Object.keys(ALERT_CASES));
  const runBook = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
  const entries = [...runBook.matchAll(/^### (Elasti\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual(entries, names);
  for (const { labels, annotations } of rules) {
    assert.match(labels.severity, /^(critical|warning)$/);
    assert.ok(annotations.summary.length > 20);
  }
});
