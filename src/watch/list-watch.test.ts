import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createConnect } from '../kube/connection.ts';
import { createCall } from '../kube/request.ts';
import { makeKubeConfig, status } from '../kube/testing/api-server-stub.ts';
import { systemClock as clock } from '../system.ts';
import { createKeptLog } from '../testing/kept-log.ts';
import { until } from '../testing/until.ts';
import { type ListWatchDeps, startListWatch, type WatchOutcome } from './list-watch.ts';
import { type FakeApi, type FakeObject, startFakeApi } from './testing/fake-api.ts';

const SELECTION = { resource: 'things', what: 'things', path: '/apis/example/v1/things', labelSelector: 'kind=good' };
const thing = (name: string, size = 1): FakeObject => ({
  metadata: { name, namespace: 'shop', labels: { kind: 'good' } },
  size,
});
const ref = (name: string) => ({ namespace: 'shop', name });

function makeDeps(origin: string) {
  const connect = createConnect(makeKubeConfig(origin), clock.monotonicMs);
  const outcomes: WatchOutcome[] = [];
  const { log, lines } = createKeptLog();
  const deps: ListWatchDeps = {
    connect,
    call: createCall({ connect, monotonicMs: clock.monotonicMs }),
    clock,
    // As short a pause as there is.
    random: { next: () => 0.001, uuid: () => '' },
    log,
    onEnded: (_resource, outcome) => outcomes.push(outcome),
  };
  return { deps, outcomes, lines };
}

/** What a sink was told, as the objects it would hold. */
function createRecordingSink() {
  const sizes = new Map<string, number>();
  const nameOf = (object: unknown) => (object as FakeObject).metadata.name;
  const sizeOf = (object: unknown) => (object as { readonly size: number }).size;
  return {
    sizes,
    has: (name: string, size = 1) => sizes.get(name) === size,
    startList: () => {
      const listed = new Map<string, number>();
      return {
        put: (object: unknown) => void listed.set(nameOf(object), sizeOf(object)),
        finish: () => {
          sizes.clear();
          for (const [name, size] of listed) sizes.set(name, size);
        },
      };
    },
    put: (object: unknown) => void sizes.set(nameOf(object), sizeOf(object)),
    remove: (object: unknown) => void sizes.delete(nameOf(object)),
  };
}

async function setup(t: TestContext, options: { readonly first?: readonly FakeObject[]; silenceMs?: number } = {}) {
  const api = await startFakeApi(t);
  for (const object of options.first ?? []) api.put('things', object);
  const sink = createRecordingSink();
  const made = makeDeps(api.origin);
  const { silenceMs } = options;
  const watching = startListWatch(SELECTION, sink, made.deps, silenceMs === undefined ? {} : { silenceMs });
  t.after(watching.stop);
  return { api, sink, watching, ...made };
}

const untilWatched = (api: FakeApi) => until('there is a watch', () => api.watching('things') === 1);
const watchesOf = (api: FakeApi) => api.requests.filter((url) => url.searchParams.has('watch'));

test('lists what the selector means, in pages, and then hears of each change', async (t) => {
  const first = Array.from({ length: 1203 }, (_, index) => thing(`thing-${index}`));
  const bad = { metadata: { name: 'bad', namespace: 'shop', labels: { kind: 'bad' } }, size: 1 };
  const { api, sink, watching } = await setup(t, { first: [...first, bad] });
  await watching.synced;
  assert.equal(sink.sizes.size, 1203);
  assert.equal(api.lists('things'), 3);
  await untilWatched(api);
  api.put('things', thing('late'));
  api.put('things', thing('thing-1', 7));
  api.remove('things', ref('thing-2'));
  await until('the changes are in', () => sink.has('late') && sink.has('thing-1', 7) && !sink.has('thing-2'));
  assert.equal(api.lists('things'), 3);
});

test('asks for bookmarks, from the version of the list, and for an end', async (t) => {
  const { api } = await setup(t, { first: [thing('a')] });
  await untilWatched(api);
  const [watch] = watchesOf(api);
  assert.equal(watch?.searchParams.get('resourceVersion'), '101');
  assert.equal(watch?.searchParams.get('allowWatchBookmarks'), 'true');
  assert.equal(watch?.searchParams.get('labelSelector'), 'kind=good');
  const seconds = Number(watch?.searchParams.get('timeoutSeconds'));
  assert.ok(seconds >= 300 && seconds <= 600);
});

test('a watch that ends is followed by one from the last bookmark, without a list', async (t) => {
  const { api, sink, outcomes } = await setup(t);
  await untilWatched(api);
  api.bookmark('things');
  const bookmarked = api.version();
  api.put('elsewhere', thing('other'));
  api.endWatches('things');
  await until('it watches anew', () => watchesOf(api).length === 2);
  assert.equal(watchesOf(api)[1]?.searchParams.get('resourceVersion'), String(bookmarked));
  api.put('things', thing('late'));
  await until('the change is in', () => sink.has('late'));
  assert.equal(api.lists('things'), 1);
  assert.deepEqual(outcomes, ['listed', 'watched']);
});

test('a broken connection costs no change and no list', async (t) => {
  const { api, sink } = await setup(t, { first: [thing('a')] });
  await untilWatched(api);
  api.put('things', thing('a', 2));
  await until('the change is in', () => sink.has('a', 2));
  api.put('things', thing('b'), { isMissed: true });
  api.breakConnections();
  await until('what was missed is in', () => sink.has('b'));
  assert.equal(api.lists('things'), 1);
});

test('a version that has expired is told within the watch: a new list makes up for what was missed', async (t) => {
  const { api, sink, outcomes } = await setup(t, { first: [thing('a'), thing('b')] });
  await untilWatched(api);
  const reopen = api.override((url) => url.searchParams.has('watch'));
  api.breakConnections();
  api.put('things', thing('c'));
  api.remove('things', ref('a'));
  api.compact();
  reopen();
  api.breakConnections();
  await until('the list is in', () => sink.has('c') && !sink.has('a') && sink.has('b'));
  await untilWatched(api);
  assert.ok(outcomes.includes('expired'));
  assert.equal(api.lists('things'), 2);
});

test('a version that has expired is told by status 410 too', async (t) => {
  const { api, sink } = await setup(t);
  await untilWatched(api);
  const reopen = api.override((url, response) => {
    if (!url.searchParams.has('watch')) return false;
    reopen();
    status(410, 'Expired')({ method: '', url: '', headers: {}, body: undefined }, response);
    return true;
  });
  api.put('things', thing('a'), { isMissed: true });
  api.breakConnections();
  await until('the list is in', () => sink.has('a') && api.lists('things') === 2);
});

test('a page that has expired starts the list anew', async (t) => {
  const first = Array.from({ length: 700 }, (_, index) => thing(`thing-${index}`));
  const api = await startFakeApi(t);
  for (const object of first) api.put('things', object);
  const recover = api.override((url, response) => {
    if (!url.searchParams.has('continue')) return false;
    recover();
    status(410, 'Expired')({ method: '', url: '', headers: {}, body: undefined }, response);
    return true;
  });
  const sink = createRecordingSink();
  const watching = startListWatch(SELECTION, sink, makeDeps(api.origin).deps);
  t.after(watching.stop);
  await watching.synced;
  assert.equal(sink.sizes.size, 700);
  assert.equal(api.lists('things'), 4);
});

test('a server that keeps silent is left for a new list, and that is no failure', async (t) => {
  const { api, sink, outcomes, lines } = await setup(t, { silenceMs: 40 });
  await untilWatched(api);
  api.put('things', thing('a'), { isMissed: true });
  await until('the list is in', () => sink.has('a'));
  assert.ok(api.lists('things') >= 2);
  assert.ok(outcomes.includes('silent'));
  assert.ok(!outcomes.includes('failed'));
  assert.deepEqual(lines, []);
});

test('what it has is current until the server has kept silent for too long, and again after a new list', async (t) => {
  const { api, watching } = await setup(t, { first: [thing('a')], silenceMs: 200 });
  await watching.synced;
  assert.ok(watching.isCurrent());
  const reopen = api.override(() => true);
  api.breakConnections();
  await until('it is old', () => !watching.isCurrent());
  reopen();
  api.breakConnections();
  await until('it is current', () => watching.isCurrent());
});

test('says up to which version it has everything, and which change is the newest that it has', async (t) => {
  const { api, watching } = await setup(t, { first: [thing('a')] });
  await untilWatched(api);
  assert.equal(watching.newest(), api.version());
  api.put('elsewhere', thing('other'));
  api.bookmark('things');
  await until('the bookmark is in', () => watching.version() === api.version());
  assert.equal(watching.newest(), 101);
  api.put('things', thing('b'));
  await until('the change is in', () => watching.newest() === api.version());
});

test('bookmarks are signs of life', async (t) => {
  const { api } = await setup(t, { silenceMs: 1000 });
  await untilWatched(api);
  const beat = setInterval(() => api.bookmark('things'), 20);
  t.after(() => clearInterval(beat));
  await until('it heard many', () => api.version() > 160);
  assert.equal(watchesOf(api).length, 1);
});

test('a line that is no event is followed by a new list, and nothing falls over', async (t) => {
  const { api, sink } = await setup(t, { first: [thing('a')] });
  await untilWatched(api);
  api.sendRaw('things', '{"type": "ADDED", "object": \n');
  await until('it lists anew', () => api.lists('things') === 2);
  await untilWatched(api);
  api.put('things', thing('b'));
  await until('it goes on', () => sink.has('b'));
});

test('an event is understood wherever the network cuts it, within a character too', async (t) => {
  const { api, sink } = await setup(t);
  await untilWatched(api);
  const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: { ...thing('käse'), size: 1 } })}\n`);
  const cut = line.indexOf(0xc3) + 1;
  const socketsTurn = () => new Promise((resolve) => setImmediate(resolve));
  for (const part of [line.subarray(0, cut), line.subarray(cut, cut + 20), line.subarray(cut + 20)]) {
    api.sendRaw('things', part);
    for (let turns = 0; turns < 5; turns++) await socketsTurn();
  }
  await until('it is in', () => sink.has('käse'));
});

test('a server that refuses the list is asked again until it does not, and said so once', async (t) => {
  const api = await startFakeApi(t);
  let refused = 0;
  const forgive = api.override((_url, response) => {
    refused += 1;
    if (refused === 8) forgive();
    status(refused % 2 ? 503 : 403, 'No')({ method: '', url: '', headers: {}, body: undefined }, response);
    return true;
  });
  const { deps, lines, outcomes } = makeDeps(api.origin);
  const watching = startListWatch(SELECTION, createRecordingSink(), deps);
  t.after(watching.stop);
  await watching.synced;
  assert.equal(outcomes.filter((outcome) => outcome === 'failed').length, 8);
  assert.equal(lines.filter(({ level }) => level === 'warn').length, 1);
});

test('a server that comes back is followed again', async (t) => {
  const { api, sink } = await setup(t, { first: [thing('a')] });
  await untilWatched(api);
  await api.stop();
  const { port } = api;
  const again = await startFakeApi(t, { port });
  again.put('things', thing('b'));
  // Its history begins anew, as that of a restored one.
  again.compact();
  await until('what it has now is in', () => sink.has('b') && !sink.has('a'));
});

test('a server that ends each watch at once is not asked without pauses', async (t) => {
  const api = await startFakeApi(t);
  api.override((url, response) => {
    if (!url.searchParams.has('watch')) return false;
    response.end();
    return true;
  });
  const slept: number[] = [];
  const { deps } = makeDeps(api.origin);
  const patient = {
    ...deps,
    random: { next: () => 1, uuid: () => '' },
    clock: { ...clock, sleep: async (ms: number) => void slept.push(ms) },
  };
  const watching = startListWatch(SELECTION, createRecordingSink(), patient);
  t.after(watching.stop);
  await until('it has tried often', () => slept.length >= 10);
  assert.deepEqual(slept.slice(0, 8), [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
});

test('stopping ends the watch and everything under way', async (t) => {
  const { api, watching } = await setup(t);
  await untilWatched(api);
  await watching.stop();
  await until('the connection is closed', () => api.watching('things') === 0);
  const asked = api.requests.length;
  api.put('things', thing('a'));
  assert.equal(api.requests.length, asked);
});
