import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';

interface Situation {
  /** What lists of ElastiServices show, first and after the deletion. */
  readonly first: string;
  readonly after: string;
  readonly isHookServiceThere?: boolean;
  readonly isApiServerThere?: boolean;
}

/** Runs the script with a kubectl that answers from files, and writes down what it was asked to do. */
function uninstall(t: TestContext, { first, after, isHookServiceThere = true, isApiServerThere = true }: Situation) {
  const directory = mkdtempSync(join(tmpdir(), 'uninstall-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = (name: string) => join(directory, name);
  writeFileSync(file('list'), first);
  writeFileSync(file('after'), after);
  const kubectl = `#!/bin/sh
echo "$*" >> ${file('asked')}
case "$*" in
  "get customresourcedefinition"*) ${isApiServerThere ? 'echo definition' : 'exit 1'} ;;
  "get elastiservices"*) cat ${file('list')} ;;
  "delete elastiservices"*) cp ${file('after')} ${file('list')} ;;
  "rollout status"*) exit ${isHookServiceThere ? 0 : 1} ;;
esac
`;
  writeFileSync(file('kubectl'), kubectl, { mode: 0o755 });
  const env = { ...process.env, PATH: [directory, process.env.PATH].join(delimiter) };
  const script = join(import.meta.dirname, 'uninstall.sh');
  const { status, stderr } = spawnSync(script, ['manifests/default'], { env, encoding: 'utf8' });
  const asked = readFileSync(file('asked'), 'utf8').trim().split('\n');
  return { status, stderr, done: asked.filter((words) => !words.startsWith('get ')).map(firstWords) };
}

const firstWords = (words: string): string => words.split(' ').slice(0, 3).join(' ');

const REST = ['delete compositecontroller elasti', 'delete -k manifests/default'];
const AWAKEN = ['rollout status deployment/elasti-operator-controller', 'delete elastiservices --all'];

test('ElastiServices go first, and only then who restores what they put to sleep', (t) => {
  const { status, done } = uninstall(t, { first: 'shop web\n', after: '' });
  assert.equal(status, 0);
  assert.deepEqual(done, [...AWAKEN, ...REST]);
});

test('nothing else is removed while somebody makes ElastiServices anew', (t) => {
  const { status, stderr, done } = uninstall(t, { first: 'shop web\n', after: 'shop again\n' });
  assert.equal(status, 1);
  assert.match(stderr, /shop again/);
  assert.deepEqual(done, AWAKEN);
});

test('nothing is removed where the hook service is not there to restore', (t) => {
  const { status, done } = uninstall(t, { first: 'shop web\n', after: '', isHookServiceThere: false });
  assert.equal(status, 1);
  assert.deepEqual(done, AWAKEN.slice(0, 1));
});

test('where it was broken off, the rest is removed without the hook service', (t) => {
  const { status, done } = uninstall(t, { first: '', after: '', isHookServiceThere: false });
  assert.equal(status, 0);
  assert.deepEqual(done, REST);
});

test('nothing is removed where the API server does not say whether there are any', (t) => {
  const { status, done } = uninstall(t, { first: 'shop web\n', after: '', isApiServerThere: false });
  assert.equal(status, 1);
  assert.deepEqual(done, []);
});
