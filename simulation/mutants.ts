import { WAKE_ANNOTATION } from '../src/api/elastiservice.ts';
import { type Parent, SERVICES, type SyncRequest, type SyncResponse } from '../src/api/hooks.ts';
import { PAUSED_ANNOTATION, PAUSED_REPLICAS_ANNOTATION } from '../src/api/keda.ts';
import { targetOf } from '../src/core/observe.ts';
import type { Answers } from '../src/effects/answers.ts';
import type { Cluster } from '../src/effects/ports.ts';
import type { Send } from '../src/triggers/send.ts';
import type { Mutant } from './mutant.ts';
import { MUTANTS_BY_PORT } from './mutants-by-port.ts';
import { MUTANTS_BY_WATCH } from './mutants-by-watch.ts';

type Status = Record<string, unknown>;

/** Changes what /sync answers. */
const onAnswer =
  (change: (answer: SyncResponse, body: SyncRequest) => SyncResponse): ((answers: Answers) => Answers) =>
  (answers) => ({ ...answers, sync: async (body, atMs) => change(await answers.sync(body, atMs), body) });

/** Changes what /sync is asked. */
const onRequest =
  (change: (body: SyncRequest) => SyncRequest): ((answers: Answers) => Answers) =>
  (answers) => ({ ...answers, sync: (body, atMs) => answers.sync(change(body), atMs) });

const onStatus = (change: (status: Status, before: Status, body: SyncRequest) => Status) =>
  onAnswer((answer, body) => ({
    ...answer,
    status: change({ ...answer.status }, (body.parent.status ?? {}) as Status, body),
  }));

const without = (status: Status, field: string): Status => {
  const { [field]: _, ...rest } = status;
  return rest;
};

/** Changes the body of a successful answer of Prometheus. */
const onBody =
  (change: (body: string, query: string) => string): ((send: Send) => Send) =>
  (send) =>
  async (request) => {
    const response = await send(request);
    const query = new URL(request.url).searchParams.get('query') ?? '';
    return response.status === 200 ? { ...response, body: change(response.body, query) } : response;
  };

const withoutSlices = (answer: SyncResponse): SyncResponse => ({
  ...answer,
  children: answer.children.filter(({ kind }) => kind !== 'EndpointSlice'),
});

/** Changes the ElastiServices that a list shows. */
const onParents =
  (change: (parent: Parent, isLookUp: boolean) => Parent) =>
  (cluster: Cluster): Cluster => ({
    ...cluster,
    listElastiServices: async (filter, options) => {
      const parents = await cluster.listElastiServices(filter, options);
      return parents.map((parent) => change(parent, filter.service !== undefined));
    },
  });

const withoutPeriod = (body: SyncRequest): SyncRequest => ({
  ...body,
  parent: { ...body.parent, spec: without(body.parent.spec as Status, 'enabledPeriod') },
});

const withoutFamilies = (body: SyncRequest): SyncRequest => {
  const services = Object.entries(body.related[SERVICES] ?? {});
  const changed = services.map(([key, service]) => [key, { ...service, spec: without(service.spec, 'ipFamilies') }]);
  return { ...body, related: { ...body.related, [SERVICES]: Object.fromEntries(changed) } };
};

const statusOf = ({ status }: Parent): Status => ({ ...(status as Status | undefined) });

const withoutConditions = (parent: Parent): Parent => ({ ...parent, status: without(statusOf(parent), 'conditions') });

const tokenOf = ({ metadata }: Parent) => metadata.annotations?.[WAKE_ANNOTATION];
const timeOf = (token: unknown) => Date.parse(String(token).split('/')[0] ?? '');

/** Writes 0 as soon as the decision to sleep falls, before any slice stands. */
const zeroAtOnce = (answers: Answers, cluster: Cluster): Answers => ({
  ...answers,
  sync: async (body, atMs) => {
    const answer = await answers.sync(body, atMs);
    const before = (body.parent.status ?? {}) as Status;
    if (answer.status.phase !== 'Draining' || before.phase === 'Draining') return answer;
    const { namespace } = body.parent.metadata;
    const target = targetOf({ namespace, spec: body.parent.spec as Parameters<typeof targetOf>[0]['spec'] });
    const scale = await cluster.readScale(target);
    if (scale) await cluster.writeScale(target, { ...scale, replicas: 0 });
    return answer;
  },
});

/** KubeElasti's order: zero, then slices; ready, then drop at once. */
export const KUBE_ELASTIS_ORDER: Mutant = {
  name: "KubeElasti's order",
  caughtBy: ['I2', 'I3', 'lost'],
  faults: [],
  settings: (settings) => ({ ...settings, settleSeconds: 0, clockSkewSeconds: 0 }),
  answers: zeroAtOnce,
};

/** The planted mistakes, each with what must catch it. */
export const MUTANTS: readonly Mutant[] = [
  KUBE_ELASTIS_ORDER,
  { name: 'scale before the slices are observed', caughtBy: ['I2 slices', 'I2 step'], faults: [], answers: zeroAtOnce },
  {
    name: 'drop the slices at the first pod ready',
    caughtBy: ['I3'],
    faults: [],
    settings: (settings) => ({ ...settings, settleSeconds: 0, clockSkewSeconds: 0 }),
  },
  {
    name: 'drop the slices while pods start',
    caughtBy: ['I3', 'I1', 'lost'],
    faults: [],
    answers: onAnswer((answer) => (answer.status.phase === 'Waking' ? withoutSlices(answer) : answer)),
  },
  {
    name: 'drop the slices of one asleep',
    caughtBy: ['I1'],
    faults: [],
    answers: onAnswer((answer) => (answer.status.phase === 'Asleep' ? withoutSlices(answer) : answer)),
  },
  {
    name: 'forget the drain',
    caughtBy: ['I2 drain'],
    faults: [],
    settings: (settings) => ({ ...settings, drainSeconds: 0, clockSkewSeconds: 0 }),
  },
  {
    name: 'count the drain from the phase',
    caughtBy: ['I2'],
    faults: ['watchLag', 'apiSlow', 'resolverRolls', 'apiErrors'],
    settings: (settings) => ({ ...settings, drainSeconds: 1, clockSkewSeconds: 0 }),
    answers: onStatus((status) =>
      status.phase === 'Draining' ? { ...status, redirectedSince: status.phaseSince } : status,
    ),
  },
  {
    name: 'wake without the annotation',
    caughtBy: ['I4 token'],
    faults: [],
    cluster: (cluster) => ({
      ...cluster,
      writeWakeToken: async (ref, token) => {
        const parent = (await cluster.readElastiService(ref)) as Parent;
        const annotations = { ...parent.metadata.annotations, [WAKE_ANNOTATION]: token };
        return { ...parent, metadata: { ...parent.metadata, annotations } };
      },
    }),
  },
  {
    name: 'use status.replicas',
    caughtBy: ['I1', 'I4', 'lost'],
    faults: [],
    cluster: (cluster, { targets }) => ({
      ...cluster,
      readScale: async (target, options) => {
        const scale = await cluster.readScale(target, options);
        return scale && { ...scale, replicas: targets.get(`${target.namespace}/${target.name}`)?.statusReplicas ?? 0 };
      },
    }),
  },
  {
    name: 'compare wake times instead of tokens',
    caughtBy: ['I4', 'I8', 'converge', 'I9'],
    faults: ['clockSkew'],
    answers: (answers) => ({
      ...answers,
      sync: (body, atMs) => {
        const { servedWake } = (body.parent.status ?? {}) as Status;
        const token = tokenOf(body.parent);
        const isOlder = token !== undefined && servedWake !== undefined && !(timeOf(token) > timeOf(servedWake));
        if (!isOlder) return answers.sync(body, atMs);
        const annotations = { ...body.parent.metadata.annotations, [WAKE_ANNOTATION]: String(servedWake) };
        const metadata = { ...body.parent.metadata, annotations };
        return answers.sync({ ...body, parent: { ...body.parent, metadata } }, atMs);
      },
    }),
  },
  {
    name: 'mark a wake served while a zero step is in flight',
    caughtBy: ['I4 served'],
    faults: ['lateZeros', 'hookCrashes'],
    answers: onStatus((status, before, { parent }) => {
      const token = tokenOf(parent);
      const isUp = status.phase === 'Serving' || (before.phase === 'Draining' && status.phase === 'Holding');
      return token !== undefined && isUp ? { ...status, servedWake: token } : status;
    }),
  },
  {
    name: 'no deadline on the zero step',
    caughtBy: ['I2 deadline'],
    faults: ['hookSuspensions', 'apiSlow', 'apiErrors'],
    carryOut: (carryOut) => (patches, options) =>
      carryOut(patches, { ...options, observedAtMs: options.observedAtMs + 1_000_000 }),
  },
  {
    name: 'finalize at once',
    caughtBy: ['I7'],
    faults: ['deletions'],
    answers: (answers) => ({
      ...answers,
      finalize: async (body) => ({
        status: (body.parent.status ?? {}) as Status,
        children: [],
        resyncAfterSeconds: 1,
        finalized: true,
      }),
    }),
  },
  {
    name: "paused-replicas in KEDA's pause",
    caughtBy: ['I2 KEDA'],
    faults: ['autoscaler'],
    cluster: (cluster) => ({
      ...cluster,
      annotateScaledObject: (ref, change, options) => {
        const isPause = change.annotations[PAUSED_ANNOTATION] === 'true';
        const more = isPause ? { [PAUSED_REPLICAS_ANNOTATION]: '0' } : {};
        return cluster.annotateScaledObject(
          ref,
          { ...change, annotations: { ...change.annotations, ...more } },
          options,
        );
      },
      writeScale: (target, scale, options) =>
        // KEDA itself is left to make the zero.
        scale.replicas === 0 ? Promise.resolve(scale) : cluster.writeScale(target, scale, options),
    }),
  },
  {
    name: 'never unpause KEDA',
    caughtBy: ['I7 paused', 'converge', 'I4'],
    faults: ['autoscaler', 'deletions'],
    cluster: (cluster) => ({
      ...cluster,
      annotateScaledObject: async (ref, change, options) => {
        if (change.annotations[PAUSED_ANNOTATION] === 'true') await cluster.annotateScaledObject(ref, change, options);
      },
    }),
  },
  {
    name: 'treat NaN and no answer as idle',
    caughtBy: ['I5'],
    faults: ['prometheusLies'],
    send: onBody((body, query) => (body.includes('"NaN"') || !body.includes('"value"') ? idleAnswerTo(query) : body)),
  },
  {
    name: 'take a Prometheus that does not answer for idle',
    caughtBy: ['I5'],
    faults: ['prometheusDown'],
    send: (send) => async (request) => {
      const nothing = new Promise<never>((_, reject) =>
        request.signal.addEventListener('abort', () => reject(new Error('late'))),
      );
      const query = new URL(request.url).searchParams.get('query') ?? '';
      return Promise.race([send(request), nothing]).catch(() => ({ status: 200, body: idleAnswerTo(query) }));
    },
  },
  {
    name: 'skip the proof over the cooldown',
    caughtBy: ['I5'],
    faults: [],
    send: (send) => async (request) => {
      const query = new URL(request.url).searchParams.get('query') ?? '';
      return query.includes('max_over_time') ? { status: 200, body: idleAnswerTo(query) } : send(request);
    },
  },
  {
    name: 'trust idleSince after long blindness',
    caughtBy: ['I5 blind'],
    faults: ['prometheusDown'],
    answers: onStatus((status, before) => {
      const isKept =
        before.idleSince !== undefined && status.idleSince === undefined && status.unknownSince !== undefined;
      return isKept ? { ...status, idleSince: before.idleSince } : status;
    }),
  },
  {
    name: 'write the zero whatever version the target has',
    caughtBy: ['I8 overwritten', 'I2'],
    faults: ['autoscaler', 'apiSlow'],
    cluster: (cluster) => ({
      ...cluster,
      writeScale: async (target, scale, options) => {
        const fresh = await cluster.readScale(target, options);
        return cluster.writeScale(
          target,
          fresh ? { ...scale, resourceVersion: fresh.resourceVersion } : scale,
          options,
        );
      },
    }),
  },
  {
    name: 'never open while the resolver is gone',
    caughtBy: ['I6'],
    faults: ['resolverGone'],
    services: 8,
    settings: (settings) => ({ ...settings, resolverGoneSeconds: 1e9 }),
  },
  {
    name: 'forget who put it to sleep',
    caughtBy: ['I7', 'I6'],
    faults: ['deletions', 'resolverGone'],
    answers: onStatus((status) => without(status, 'sleptBy')),
  },
  {
    name: 'forget which wake was served',
    caughtBy: ['I8', 'I4', 'converge', 'I9'],
    faults: ['people'],
    answers: onStatus((status) => without(status, 'servedWake')),
  },
  {
    name: 'replicas that undo each other',
    caughtBy: ['I9'],
    faults: [],
    settings: (settings, replica) => {
      const { resolver } = settings;
      return replica === 'hook-1' ? { ...settings, resolver: { ...resolver, proxyPort: 8013 } } : settings;
    },
  },
  {
    name: 'a clock in the status',
    caughtBy: ['I9', 'converge'],
    faults: [],
    answers: onStatus((status, before) => ({
      ...status,
      lastReconciledTime: before.lastReconciledTime === TICK ? TOCK : TICK,
    })),
  },
  {
    name: 'ask again at once',
    caughtBy: ['I9'],
    faults: [],
    answers: onAnswer((answer) => ({ ...answer, resyncAfterSeconds: 0.01 })),
  },
  {
    name: 'ignore the sharer of the target',
    caughtBy: ['I2 slices', 'I2 drain', 'I5 sharer'],
    faults: ['sharedTargets'],
    cluster: onParents((parent) => ({
      ...parent,
      status: { ...statusOf(parent), phase: 'Asleep', servedWake: tokenOf(parent) },
    })),
  },
  {
    name: 'wake the older of two on a Service, whoever has it',
    caughtBy: ['I4 token'],
    faults: ['rivals', 'deletions'],
    cluster: (cluster) => ({
      ...onParents((parent, isLookUp) => (isLookUp ? withoutConditions(parent) : parent))(cluster),
      writeWakeToken: async (ref, token, options) =>
        withoutConditions(await cluster.writeWakeToken(ref, token, options)),
    }),
    // Nothing is remembered, so that each wake is looked up.
    registry: (registry) => ({
      ...registry,
      remember: () => {},
      find: async (namespace, service) => {
        const found = await registry.find(namespace, service);
        if (found) registry.forget(found.uid);
        return found;
      },
    }),
  },
  {
    name: 'sleep outside the enabled period',
    caughtBy: ['period zero'],
    faults: ['enabledPeriods'],
    answers: onRequest(withoutPeriod),
  },
  {
    name: 'sleep on when the enabled period ends',
    caughtBy: ['period asleep'],
    faults: ['enabledPeriods'],
    answers: onRequest((body) => (statusOf(body.parent).phase === 'Asleep' ? withoutPeriod(body) : body)),
  },
  {
    name: 'take one family of a Service for all',
    caughtBy: ['I2 slices'],
    faults: ['dualStack'],
    answers: onRequest(withoutFamilies),
  },
  ...MUTANTS_BY_PORT,
  ...MUTANTS_BY_WATCH,
  {
    name: 'trust events alone',
    caughtBy: ['converge', 'I4', 'lost', 'I1'],
    faults: ['lostEvents'],
    answers: onAnswer((answer) => ({ ...answer, resyncAfterSeconds: 0 })),
  },
];

const TICK = '2026-03-01T12:00:00.000Z';
const TOCK = '2026-03-01T12:00:01.000Z';

const valueAnswer = (value: string) =>
  `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[0,"${value}"]}]}}`;

/** What Prometheus says of an idle service, and of itself when it is up. */
const idleAnswerTo = (query: string) => valueAnswer(query.includes('up{') ? '1' : '0');
