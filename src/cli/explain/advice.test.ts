import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { adviceFor } from './advice.ts';

const core = (file: string) => readFileSync(new URL(`../../core/${file}`, import.meta.url), 'utf8');
const wordsIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, word]) => word as string);

test('there is advice for every reason that lasts until somebody does something', () => {
  const reasons = [
    ...wordsIn(core('decide-sleep.ts'), /prevented\(\s*'(\w+)'/g),
    ...wordsIn(core('blocked.ts'), /reason: '(\w+)'/g),
    ...wordsIn(core('redirect.ts'), /lasting\(\s*'(\w+)'/g),
    ...wordsIn(core('redirect.ts'), /lasting\('(\w+)'/g),
    ...wordsIn(core('probe-rules.ts'), /'(ProbeResponse[A-Z]\w+)'/g),
    'ScaleFailed',
    'InvalidSpec',
  ];
  assert.ok(new Set(reasons).size > 20, reasons.join());
  assert.deepEqual(
    reasons.filter((reason) => adviceFor(reason) === undefined),
    [],
  );
});
