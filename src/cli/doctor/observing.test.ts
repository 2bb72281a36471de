import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig, toSettings } from '../../config.ts';
import type { Installation } from '../kube/installation.ts';
import { checkObserving } from './observing.ts';

const installation = (environment: Readonly<Record<string, string>>): Installation => ({
  namespace: 'elasti',
  deployment: 'unreadable',
  environment,
  secretNames: [],
  settings: toSettings(parseConfig({})),
  fault: undefined,
});

const levelsOf = (environment: Readonly<Record<string, string>>, elastiServices: number) =>
  checkObserving(installation(environment), elastiServices).map(({ level }) => level);

test('the hook service is advised to watch by itself from the first ElastiService that is too many', () => {
  assert.deepEqual(levelsOf({}, 1000), ['ok']);
  assert.deepEqual(levelsOf({}, 1001), ['warning']);
  assert.deepEqual(levelsOf({ OBSERVE_BY: 'metacontroller' }, 1001), ['warning']);
  assert.deepEqual(levelsOf({ OBSERVE_BY: 'watch' }, 10_000), ['ok']);
});
