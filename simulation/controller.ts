import { type ObjectGroups, type Parent, SERVICES, SLICES, type SyncRequest } from '../src/api/hooks.ts';
import { privateServiceName } from '../src/core/names.ts';
import { isSame } from '../src/core/resources/same.ts';
import { KubeApiError } from '../src/errors.ts';
import { createChildren, isOwnedBy } from './controller-children.ts';
import { FINALIZER, finalizersOf, withFinalizer } from './elasti-services.ts';
import { type HookAnswer, NoAnswerError } from './hooks.ts';
import { type Cache, type KubeObject, keyOf } from './objects.ts';
import { createProcess, type Process } from './process.ts';
import { createWorkQueue } from './work-queue.ts';
import { RESOLVER_NAMESPACE, RESOLVER_SERVICE, SERVICE, type World } from './world.ts';

/** Metacontroller, with one CompositeController. */
export interface Controller {
  /** Ends at whatever step it is at, and is back after so long with fresh caches. */
  restart(awayMs: number): void;
  /** Since when it has been up; Infinity while it is away. */
  upSinceMs(): number;
}

const WORKERS = 5;
const MAX_CONFLICTS = 5;
const PRIVATE = privateServiceName(SERVICE);

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
  const { scheduler, chance, faults, api, elastiServices, services, slices, hooks } = world;
  const process = createProcess(scheduler, { name: 'metacontroller', offsetMs: 0 });
  const queue = createWorkQueue({ scheduler, process, workers: WORKERS }, syncKey);
  const parentOf = (namespace: string) => keyOf(namespace, SERVICE);

  const parents = elastiServices.watch(process, (key, after, before) => {
    if (!isStatusOnly(before, after)) queue.add(key);
  });
  // A child's event reaches its owner; that of a related object reaches it unless /customize just failed.
  const onRelated = (namespace: string, isChild: boolean) => {
    if (!isChild && faults.has('lostEvents') && chance.is(0.1)) return;
    if (namespace === RESOLVER_NAMESPACE) for (const key of parents.keys()) queue.add(key);
    else queue.add(parentOf(namespace));
  };
  const onEvent = (_: string, after: KubeObject | undefined, before: KubeObject | undefined) => {
    const { namespace = '', ownerReferences } = (after ?? before)?.metadata ?? { name: '' };
    onRelated(namespace, ownerReferences !== undefined);
  };
  const caches = { services: services.watch(process, onEvent), slices: slices.watch(process, onEvent) };
  const children = createChildren(world, process);
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
    const body = makeRequest(parent, caches);
    const answer = await hooks.post(process, body);
    world.checks.answered(key, answer);
    world.tell(world.siteOf.get(key), 'metacontroller', () => describeAnswer(body, answer));

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

interface Caches {
  readonly services: Cache<NonNullable<ObjectGroups[typeof SERVICES]>[string]>;
  readonly slices: Cache<NonNullable<ObjectGroups[typeof SLICES]>[string]>;
}

/** The hook request from what the caches hold. */
function makeRequest(parent: Parent, { services, slices }: Caches): SyncRequest {
  const { namespace, uid } = parent.metadata;
  const inNamespace = [...slices.in(namespace)];
  const own = inNamespace.filter((slice) => isOwnedBy(slice, uid));
  const resolver = [...slices.in(RESOLVER_NAMESPACE)].filter(
    ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === RESOLVER_SERVICE,
  );
  const named = [SERVICE, PRIVATE].flatMap((name) => services.get(keyOf(namespace, name)) ?? []);
  return {
    parent,
    children: { [SERVICES]: byKey(named.filter((service) => isOwnedBy(service, uid))), [SLICES]: byKey(own) },
    related: { [SERVICES]: byKey(named), [SLICES]: byKey([...inNamespace, ...resolver]) },
    finalizing: parent.metadata.deletionTimestamp !== undefined,
  };
}

const byKey = <T extends KubeObject>(objects: readonly T[]): Record<string, T> =>
  Object.fromEntries(objects.map((object) => [keyOf(object.metadata.namespace ?? '', object.metadata.name), object]));

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
