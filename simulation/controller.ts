import { type Parent, SERVICES, SLICES, type SyncRequest } from '../src/api/hooks.ts';
import type { EndpointSlice, Service } from '../src/api/kubernetes.ts';
import { isSame } from '../src/core/resources/same.ts';
import { KubeApiError } from '../src/errors.ts';
import { limitCalls } from './client-limit.ts';
import { createChildren, isOwnedBy } from './controller-children.ts';
import { createRelated, type Related, type RelatedCaches } from './controller-related.ts';
import { FINALIZER, finalizersOf, withFinalizer } from './elasti-services.ts';
import { type HookAnswer, NoAnswerError } from './hooks.ts';
import { type KubeObject, keyOf } from './objects.ts';
import { createProcess, type Process } from './process.ts';
import { createWorkQueue } from './work-queue.ts';
import type { World } from './world.ts';

/** Metacontroller, with one CompositeController. */
export interface Controller {
  /** Ends at whatever step it is at, and is back after so long with fresh caches. */
  restart(awayMs: number): void;
  /** Since when it has been up; Infinity while it is away. */
  upSinceMs(): number;
}

const WORKERS = 5;
const MAX_CONFLICTS = 5;
/** As the manifests set it, and what may be left of it. */
const LIMIT = { perSecond: 300, burst: 600 };
const NARROW_LIMIT = { perSecond: 10, burst: 20 };

/** Starts Metacontroller in a world. */
export function createController(world: World): Controller {
  let upSinceMs = 0;
  let process = start(world);
  return {
    upSinceMs: () => upSinceMs,
    restart: (awayMs) => {
      if (!process.isAlive()) return;
      world.tell(undefined, 'metacontroller', () => `is away for ${Math.round(awayMs)} ms`);
      process.crash();
      upSinceMs = Number.POSITIVE_INFINITY;
      world.scheduler.after(awayMs, () => {
        upSinceMs = world.scheduler.nowMs();
        process = start(world);
        // Its first syncs have begun, and nobody delivered anything that would let them go on.
        world.scheduler.touch();
      });
    },
  };
}

function start(world: World): Process {
  const { scheduler, chance, faults, elastiServices, services, slices, hooks } = world;
  const process = createProcess(scheduler, { name: 'metacontroller', offsetMs: 0 });
  const api = limitCalls(world, process, faults.has('controllerLimited') ? NARROW_LIMIT : LIMIT);
  const queue = createWorkQueue({ scheduler, process, workers: WORKERS }, syncKey);
  // Without /customize it relates nothing, as manifests/many-services has it.
  const isRelating = world.settings.observedBy !== 'watch';
  const related = createRelated(world, (parent) => hooks.customize(process, parent));

  const parents = elastiServices.watch(process, (key, after, before) => {
    const isSameParent = after?.metadata.uid === before?.metadata.uid;
    if (!isSameParent || after?.metadata.generation !== before?.metadata.generation) related.parentChanged();
    if (!isStatusOnly(before, after)) queue.add(key);
  });
  const onEvent = (key: string, after: KubeObject | undefined, before: KubeObject | undefined) => {
    const object = (after ?? before) as KubeObject;
    // A child's event reaches its owner, and like any other those to whom it is related.
    const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === 'ElastiService');
    if (owner) queue.add(keyOf(key.slice(0, key.indexOf('/')), owner.name));
    if (!isRelating || (faults.has('lostEvents') && chance.is(0.1))) return;
    related.onEvent(object, parents, queue.add);
  };
  const caches = { services: services.watch(process, onEvent), slices: slices.watch(process, onEvent) };
  const children = createChildren({ ...world, api }, process);
  for (const key of parents.keys()) queue.add(key);
  return process;

  async function syncKey(key: string): Promise<void> {
    const cached = parents.get(key);
    if (cached === undefined) return queue.forget(key);
    try {
      await syncParent(key, cached);
      queue.forget(key);
    } catch (error) {
      const isExpected = error instanceof KubeApiError || error instanceof NoAnswerError;
      if (!isExpected) world.checks.bug(error);
      queue.addFailed(key);
    }
  }

  async function syncParent(key: string, cached: Parent): Promise<void> {
    const parent = await ensureFinalizer(key, cached);
    const isFinalizing = parent.metadata.deletionTimestamp !== undefined;
    if (isFinalizing && !finalizersOf(parent).includes(FINALIZER)) return;
    const body = await makeRequest(parent, caches, isRelating ? related : undefined);
    const madeAtMs = scheduler.nowMs();
    const answer = await hooks.post(process, body);
    world.checks.answered(key, parent, { answer, madeAtMs });
    world.tell(world.places.ofElastiService(key), 'metacontroller', () => describeAnswer(body, answer));

    if (answer.resyncAfterSeconds > 0) queue.addAfter(key, answer.resyncAfterSeconds * 1000);
    if (answer.finalized === true) await changeFinalizer(key, parent, false);
    const failure = await children.manage(parent, body.children, answer.children);
    await writeStatus(key, parent, answer.status);
    if (failure) throw failure;
  }

  async function ensureFinalizer(key: string, parent: Parent): Promise<Parent> {
    const isThere = finalizersOf(parent).includes(FINALIZER);
    return isThere || parent.metadata.deletionTimestamp !== undefined ? parent : changeFinalizer(key, parent, true);
  }

  /** Reads and writes until no conflict is in the way; another object of the name is left alone. */
  async function change(key: string, uid: string, what: string, edit: (live: Parent) => Parent | undefined) {
    for (let tries = 1; ; tries++) {
      const live = await api.call(process, { what: `read for ${what}` }, () => elastiServices.get(key));
      if (live === undefined || live.metadata.uid !== uid) return undefined;
      const edited = edit(live);
      if (edited === undefined) return live;
      try {
        return await api.call(process, { what, isWrite: true }, () => {
          const now = elastiServices.get(key);
          if (now === undefined) throw new KubeApiError('NOT_FOUND', what);
          if (now.metadata.resourceVersion !== live.metadata.resourceVersion) throw new KubeApiError('CONFLICT', what);
          world.checks.written(key);
          return elastiServices.put(key, edited);
        });
      } catch (error) {
        const isConflict = error instanceof KubeApiError && error.code === 'CONFLICT';
        if (!isConflict || tries === MAX_CONFLICTS) throw error;
      }
    }
  }

  async function changeFinalizer(key: string, parent: Parent, isWanted: boolean): Promise<Parent> {
    const edit = (live: Parent) => withFinalizer(live, isWanted);
    return (await change(key, parent.metadata.uid, 'change finalizer', edit)) ?? parent;
  }

  async function writeStatus(key: string, parent: Parent, answered: HookAnswer['status']): Promise<void> {
    const status = { ...answered, observedGeneration: parent.metadata.generation };
    try {
      await change(key, parent.metadata.uid, 'write status', (live) =>
        isSame(live.status, status) ? undefined : { ...live, status },
      );
    } catch (error) {
      // Gone, or changed again and again: the change starts a sync of its own.
      if (error instanceof KubeApiError && (error.code === 'CONFLICT' || error.code === 'NOT_FOUND')) return;
      throw error;
    }
  }
}

function isStatusOnly(before: Parent | undefined, after: Parent | undefined): boolean {
  if (!before || !after || after.metadata.deletionTimestamp !== undefined) return false;
  const isSameSpec = before.metadata.generation === after.metadata.generation;
  return isSameSpec && isSame(before.metadata.annotations, after.metadata.annotations);
}

/** The hook request from what the caches hold. */
async function makeRequest(parent: Parent, caches: RelatedCaches, related: Related | undefined): Promise<SyncRequest> {
  const { namespace, uid } = parent.metadata;
  const found = related === undefined ? {} : await related.of(parent, caches);
  const children = { [SERVICES]: {} as Record<string, Service>, [SLICES]: {} as Record<string, EndpointSlice> };
  for (const [key, service] of caches.services.entriesIn(namespace)) {
    if (isOwnedBy(service, uid)) children[SERVICES][key] = service;
  }
  for (const [key, slice] of caches.slices.entriesIn(namespace)) {
    if (isOwnedBy(slice, uid)) children[SLICES][key] = slice;
  }
  return { parent, children, related: found, finalizing: parent.metadata.deletionTimestamp !== undefined };
}

function describeAnswer({ finalizing }: SyncRequest, answer: HookAnswer): string {
  const status = answer.status as Record<string, string | undefined>;
  const slices = answer.children.filter(({ kind }) => kind === 'EndpointSlice').length;
  const times = ['idleSince', 'unknownSince', 'redirectedSince', 'readySince', 'drainedAt', 'resolverGoneSince'];
  const said = [
    `${finalizing ? 'finalize' : 'sync'}: ${status.phase}, ${slices} slices, again in ${answer.resyncAfterSeconds} s`,
    ...(answer.finalized ? ['finalized'] : []),
    ...(status.servedWake ? [`served ${status.servedWake.slice(-4)}`] : []),
    ...(status.sleptBy ? ['slept by us'] : []),
    ...times.flatMap((name) => (status[name] ? [`${name} ${status[name].slice(14, 19)}`] : [])),
  ];
  return said.join(', ');
}
