import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cron } from 'croner';
import { z } from 'zod';
import { renderCrd } from '../scripts/render-crd.ts';
import { ElastiServiceSpec } from '../src/api/elastiservice.ts';
import { readSamples } from './testdata.ts';

const good = readSamples('good');
const bad = readSamples('bad');
const sentences = renderCrd().replaceAll('\\"', '"');

test('each sample is named as its file, and only the bad ones say what is wrong', () => {
  assert.ok(good.length > 20 && bad.length > 60);
  for (const { name, object, refused } of [...good, ...bad]) {
    assert.equal(object.metadata.name, name);
    assert.equal(
      refused !== undefined,
      bad.some((sample) => sample.name === name),
      name,
    );
  }
});

describe('good samples', () => {
  for (const { name, object } of good) {
    test(name, () => {
      const { enabledPeriod } = ElastiServiceSpec.parse(object.spec);
      if (enabledPeriod) assert.ok(new Cron(enabledPeriod.schedule, { sloppyRanges: true }).nextRun());
    });
  }
});

describe('bad samples', () => {
  for (const { name, object, refused, serverOnly } of bad) {
    test(serverOnly ? `${name}: accepted, since ${serverOnly}` : name, () => {
      const { success, error } = ElastiServiceSpec.safeParse(object.spec);
      assert.equal(success, serverOnly !== undefined);
      // Where the sentence is ours, it is the same one here and there.
      if (error && sentences.includes(refused ?? '')) assert.ok(z.prettifyError(error).includes(refused ?? ''));
    });
  }
});
