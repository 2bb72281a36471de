import assert from 'node:assert/strict';
import { mock, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { Customize, RelatedNotSyncedError } from './customize.ts';
import { Discovery } from './discovery.ts';
import { FakeApi } from './fake-api.ts';
import { compositeController, ELASTI_SERVICES, elastiService, SERVICES, service } from './fixtures.ts';
import { Informer } from './informer.ts';
import { Informers } from './informers.ts';
import type { KubeObject } from './kube-object.ts';

const rules = [{ apiVersion: 'v1', resource: 'services', namespace: 'shop', names: ['web'] }];

function setup(context: TestContext) {
  const api = new FakeApi();
  const logger = pino({ level: 'silent' });
  const discovery = new Discovery({
    stream: api.stream,
    send: async <T>() => ({ resources: [{ name: 'services', kind: 'Service', namespaced: true }] }) as T,
  });
  const parents = new Informer(ELASTI_SERVICES, api, logger);
  parents.store.put(elastiService());
  const woken: string[] = [];
  const asked: string[] = [];
  const hook = { fails: false };
  const customize = new Customize({
    controller: compositeController(),
    callHook: async (body) => {
      const { parent } = body as { parent: KubeObject };
      asked.push(`${parent.metadata.name} ${parent.metadata.generation}`);
      if (hook.fails) throw new Error('unsupported status code: 500');
      return JSON.stringify({ relatedResources: rules });
    },
    discovery,
    informers: new Informers({ api, logger }),
    parents,
    enqueueParent: (parent) => woken.push(parent.metadata.name),
  });
  context.after(() => {
    customize.stop();
    mock.timers.reset();
  });
  /** Asks until the related kind is listed. */
  const related = async (parent: KubeObject) => {
    await customize.relatedOf(parent).catch(() => undefined);
    await settle();
    return customize.relatedOf(parent);
  };
  return { api, customize, parents, woken, asked, hook, related };
}

async function settle(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await turn();
}

test('a kind that is not listed yet puts the parent off, then its objects are there', async (context) => {
  const { api, customize } = setup(context);
  const web = api.put(SERVICES, service());
  api.put(SERVICES, service({ name: 'other' }));
  await assert.rejects(customize.relatedOf(elastiService()), RelatedNotSyncedError);
  await settle();
  assert.deepEqual(await customize.relatedOf(elastiService()), { 'Service.v1': { 'shop/web': web } });
});

test('the kind of a rule that finds nothing is there, empty', async (context) => {
  const { related } = setup(context);
  assert.deepEqual(await related(elastiService()), { 'Service.v1': {} });
});

test('the rules are asked once per generation, and again after 20 minutes', async (context) => {
  const { asked, related } = setup(context);
  await related(elastiService());
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  await related(elastiService());
  assert.deepEqual(asked, ['web 3']);
  await related(elastiService({ generation: 4 }));
  assert.deepEqual(asked, ['web 3', 'web 4']);
  mock.timers.tick(20 * 60_000 + 5000);
  await related(elastiService({ generation: 4 }));
  assert.deepEqual(asked, ['web 3', 'web 4', 'web 4']);
});

test('a related object wakes its parent when it comes, changes, leaves and goes; others do not', async (context) => {
  const { api, related, woken } = setup(context);
  await related(elastiService());
  const steps: readonly [Parameters<FakeApi['emit']>[1], KubeObject, number][] = [
    ['ADDED', service(), 1],
    ['MODIFIED', service({ labels: { a: 'b' } }), 1],
    ['DELETED', service(), 1],
    ['ADDED', service({ name: 'other' }), 0],
    ['ADDED', service({ namespace: 'elasti' }), 0],
  ];
  for (const [event, object, expected] of steps) {
    woken.length = 0;
    api.emit(SERVICES, event, object);
    await settle();
    assert.equal(woken.length, expected, `${event} ${object.metadata.namespace}/${object.metadata.name}`);
  }
});

test('an event that comes while customize fails is lost', async (context) => {
  const { api, parents, related, woken, hook } = setup(context);
  await related(elastiService());
  parents.store.put(elastiService({ generation: 4 }));
  hook.fails = true;
  api.emit(SERVICES, 'ADDED', service());
  await settle();
  hook.fails = false;
  await settle();
  assert.deepEqual(woken, []);
  api.emit(SERVICES, 'MODIFIED', service({ labels: { a: 'b' } }));
  await settle();
  assert.deepEqual(woken, ['web']);
});
