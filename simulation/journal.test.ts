import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashCode, openJournal } from './journal.ts';
import type { Tally } from './task.ts';
import { tellSeeds } from './tell.ts';

const ABOUT = { code: 'abc', options: '--faults none --minutes 1' };
const tallyOf = (seed: number, cycles = seed): Tally => ({
  seed,
  cycles,
  sent: 2 * seed,
  served: seed,
  losses: [['abruptPod', 1]],
  violations: seed === 3 ? ['I2 drain'] : [],
});

function setup(t: { after(run: () => void): void }) {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return { folder, file: join(folder, 'journal') };
}

test('what one run wrote the next one knows', (t) => {
  const { file } = setup(t);
  const first = openJournal(file, ABOUT);
  for (const seed of [1, 3]) first.add(tallyOf(seed));
  const second = openJournal(file, ABOUT);
  assert.deepEqual([...second.tallies.keys()], [1, 3]);
  assert.equal(second.tallies.get(1)?.cycles, 1);
  assert.deepEqual(second.tallies.get(3)?.violations, ['I2 drain']);
  assert.equal(readFileSync(file, 'utf8').trim().split('\n').length, 2);
});

test('what was run with other code or options counts for nothing', (t) => {
  const { file } = setup(t);
  openJournal(file, { ...ABOUT, code: 'old' }).add(tallyOf(1));
  openJournal(file, { ...ABOUT, options: '--faults all' }).add(tallyOf(2));
  const journal = openJournal(file, ABOUT);
  journal.add(tallyOf(4));
  assert.deepEqual([...journal.tallies.keys()], [4]);
  assert.deepEqual([...openJournal(file, { ...ABOUT, code: 'old' }).tallies.keys()], [1]);
});

test('half a line of a run that was killed is left out, and the next line is whole', (t) => {
  const { file } = setup(t);
  openJournal(file, ABOUT).add(tallyOf(1));
  appendFileSync(file, '{"code":"abc","opt');
  openJournal(file, ABOUT).add(tallyOf(2));
  assert.deepEqual([...openJournal(file, ABOUT).tallies.keys()], [1, 2]);
});

test('seeds that are in the journal are not run again, and the sum is that of all runs', async (t) => {
  const { file } = setup(t);
  const run = { minutes: 1, services: 1, faults: [], isDrawn: false };
  const journal = openJournal(file, ABOUT);
  journal.add(tallyOf(21, 1000));
  journal.add(tallyOf(99, 5000));
  const told: string[] = [];
  const tell = (line: string) => void told.push(line);
  assert.equal(await tellSeeds({ first: 21, count: 2, workers: 1, run, journal }, tell), true);
  const [own = 0, all = 0] = told.flatMap((line) => /^(\d+) cycles/.exec(line)?.[1] ?? []).map(Number);
  const { cycles = -1 } = openJournal(file, ABOUT).tallies.get(22) ?? {};
  assert.equal(own, 1000 + cycles);
  assert.equal(all, 6000 + cycles);
});

test('a violation in the journal is one of the whole', async (t) => {
  const { file } = setup(t);
  const journal = openJournal(file, ABOUT);
  journal.add(tallyOf(3));
  const run = { minutes: 1, services: 1, faults: [], isDrawn: false };
  assert.equal(await tellSeeds({ first: 1, count: 0, workers: 1, run, journal }, () => {}), false);
});

test('code is told apart by what it says, tests and texts left out', (t) => {
  const { folder } = setup(t);
  mkdirSync(join(folder, 'src'));
  const hashWith = (name: string, text: string) => {
    writeFileSync(join(folder, 'src', name), text);
    return hashCode(folder);
  };
  const before = hashWith('a.ts', '1');
  assert.equal(hashWith('a.test.ts', '1'), before);
  assert.equal(hashWith('README.md', '1'), before);
  assert.notEqual(hashWith('a.ts', '2'), before);
  assert.equal(hashWith('a.ts', '1'), before);
});
