import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clockWords,
  coldStartParts,
  commandFor,
  durationWords,
  millisecondWords,
  phaseNews,
  plainTimes,
  podWords,
  routeWords,
} from './page/words.ts';
import { serviceState } from './testing/states.ts';

test('durations are given in the unit that a person would use', () => {
  assert.deepEqual([-1, 0, 59.9, 60, 3599, 3600, 90_061].map(durationWords), [
    '0 s',
    '0 s',
    '59 s',
    '1 min 00 s',
    '59 min 59 s',
    '1 h 00 min',
    '25 h 01 min',
  ]);
  assert.deepEqual([0.4, 9_999.4, 10_000].map(millisecondWords), ['0 ms', '9,999 ms', '10.0 s']);
});

test('times in a sentence are told as a clock on the wall tells them', () => {
  const [one, other] = ['2026-11-23T22:00:08.200Z', '2026-11-23T22:01:09Z'];
  assert.equal(
    plainTimes(`kept up until ${one}, asked at ${other}`),
    `kept up until ${clockWords(one)}, asked at ${clockWords(other)}`,
  );
  assert.match(clockWords(one), /^\d\d:00:08$/);
});

test('a sentence for each way that a connection can go', () => {
  assert.match(routeWords({ routesTo: [], held: 0 }), /no endpoint/);
  assert.match(routeWords({ routesTo: ['pod'], held: 2 }), /straight to a pod/);
  assert.match(routeWords({ routesTo: ['pod', 'resolver'], held: 0 }), /a pod or to the resolver/);
  assert.match(routeWords({ routesTo: ['resolver'], held: 0 }), /to the resolver\.$/);
  assert.match(routeWords({ routesTo: ['resolver'], held: 1 }), /holds one request/);
  assert.match(routeWords({ routesTo: ['resolver'], held: 1200 }), /holds 1,200 requests/);
});

test('pods are counted by state', () => {
  assert.equal(podWords([]), 'no pods');
  const pods = (['starting', 'ready', 'starting'] as const).map((state, index) => ({ name: `web-${index}`, state }));
  assert.equal(podWords(pods), '1 ready, 2 starting');
});

test('a cold start is split into parts that add up, none below zero', () => {
  assert.deepEqual(coldStartParts({ scaleMs: 10, readyMs: 810, answerMs: 850 }), { scale: 10, ready: 800, answer: 40 });
  assert.deepEqual(coldStartParts({ scaleMs: 10, readyMs: 5, answerMs: 3 }), { scale: 10, ready: 0, answer: 0 });
});

test('news is of phases that changed, not of those that were so when the page opened', () => {
  const [awake, asleep] = [serviceState({ name: 'web' }), serviceState({ name: 'web', phase: 'Asleep' })];
  assert.equal(phaseNews([], [asleep]), '');
  assert.equal(phaseNews([asleep], [asleep]), '');
  assert.equal(phaseNews([awake], [asleep]), 'web is Asleep.');
});

test('the command to type follows the protocol', () => {
  assert.equal(commandFor('http://127.0.0.1:8080/'), 'curl -i http://127.0.0.1:8080/');
  assert.equal(commandFor('tcp://127.0.0.1:8081'), 'echo hello | nc -N 127.0.0.1 8081');
});
