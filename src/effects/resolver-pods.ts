import { z } from 'zod';
import type { FlowsReading, ListeningReading, ResolverPod } from '../core/types.ts';
import type { Clock } from './ports.ts';

/** Asks a resolver's internal port; gives the answer's JSON. Rejects where there is none, within a short time. */
export type AskResolver = (address: string, path: '/ports' | '/connections') => Promise<unknown>;

export interface ResolverPodsDeps {
  readonly ask: AskResolver;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

export interface ResolverPods {
  /** Which of the ready pods accept connections on all of the ports. A pod that does not answer is none of them. */
  listening(pods: readonly ResolverPod[], ports: readonly number[]): Promise<ListeningReading>;
  /** The connections of these ElastiServices at all pods; failed where a ready one does not say. */
  flows(pods: readonly ResolverPod[], uids: readonly string[]): Promise<FlowsReading>;
}

/** A pod that lacks a port, did not answer, or says of connections, is asked again after this long; any other after so much. */
const ANSWER_MS = 1000;
const ANEW_MS = 30_000;
/** A port that was freed is claimed again after more than this, and its resolvers may not listen on it yet. */
const LAST_MS = 45_000;
/** Many more than there are resolvers at any time. */
const MAX_REMEMBERED = 1000;

const Ports = z.looseObject({ listening: z.array(z.int()) });
const Flow = z.looseObject({ open: z.int().min(0), held: z.int().min(0) });
const Connections = z.looseObject({ services: z.record(z.string(), Flow) });

/**
 * Knows what the resolvers say of themselves. A port that a pod was seen to listen on stays known for a while, also where a question
 * since has no answer: one that comes late, because thousands are asked about at once, must not change what is true of all of them.
 * All who ask at one time share one question.
 */
export function createResolverPods({ ask, clock }: ResolverPodsDeps): ResolverPods {
  const askPorts = async ({ address }: ResolverPod): Promise<ReadonlySet<number>> =>
    new Set(Ports.parse(await ask(address, '/ports')).listening);
  const askConnections = async ({ address }: ResolverPod) =>
    new Map(Object.entries(Connections.parse(await ask(address, '/connections')).services));
  const ports = createMemory(clock, askPorts);
  const connections = createMemory(clock, askConnections);

  const acceptsAll = async (pod: ResolverPod, wanted: readonly number[]): Promise<boolean> => {
    const hasAll = (open: ReadonlySet<number> | undefined) =>
      open !== undefined && wanted.every((port) => open.has(port));
    return hasAll(ports.last(pod)) || hasAll(await ports.recent(pod));
  };

  return {
    listening: async (pods, wanted) => {
      const ready = pods.filter(({ isReady }) => isReady);
      const accepting = await Promise.all(ready.map((pod) => acceptsAll(pod, wanted)));
      return { kind: 'found', addresses: ready.filter((_, i) => accepting[i]).map(({ address }) => address) };
    },

    flows: async (addresses, uids) => {
      const pods = Map.groupBy(addresses, (pod) => pod.uid ?? pod.address);
      const answers = await Promise.all(
        [...pods.values()].map(async (pod) => ({
          isReady: pod.some(({ isReady }) => isReady),
          // A pod with addresses of two families says the same at both, and counts once.
          services: (await Promise.all(pod.map((address) => connections.recent(address)))).find(Boolean),
        })),
      );
      let open = 0;
      let held = 0;
      for (const { isReady, services } of answers) {
        // A pod that is on its way out still carries connections; when it is gone, they are.
        if (services === undefined && isReady) return { kind: 'failed', reason: 'ResolverUnreachable' };
        for (const uid of uids) {
          const flow = services?.get(uid);
          open += flow?.open ?? 0;
          held += flow?.held ?? 0;
        }
      }
      return { kind: 'found', open, held };
    },
  };
}

interface Memory<T> {
  /** The last answer of this very pod, unless it is too old. */
  last(pod: ResolverPod): T | undefined;
  /** An answer of the last second, or a new one; undefined where the pod gives none. */
  recent(pod: ResolverPod): Promise<T | undefined>;
}

interface Asked<T> {
  readonly atMs: number;
  readonly answer: Promise<T | undefined>;
  known: { readonly value: T; readonly atMs: number } | undefined;
}

function createMemory<T>(clock: Pick<Clock, 'monotonicMs'>, ask: (pod: ResolverPod) => Promise<T>): Memory<T> {
  const remembered = new Map<string, Asked<T>>();
  const ageOf = ({ atMs }: { readonly atMs: number }) => clock.monotonicMs() - atMs;

  const askAnew = (pod: ResolverPod) => {
    const key = keyOf(pod);
    const answer = ask(pod).catch(() => undefined);
    const atMs = clock.monotonicMs();
    const asked: Asked<T> = { atMs, answer, known: remembered.get(key)?.known };
    void answer.then((value) => {
      if (value !== undefined) asked.known = { value, atMs };
    });
    remembered.delete(key);
    remembered.set(key, asked);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= MAX_REMEMBERED) break;
      remembered.delete(oldest);
    }
    return answer;
  };

  return {
    last: (pod) => {
      const asked = remembered.get(keyOf(pod));
      if (asked?.known === undefined || ageOf(asked.known) >= LAST_MS) return undefined;
      const isAnswered = asked.known.atMs === asked.atMs;
      if (ageOf(asked) >= (isAnswered ? ANEW_MS : ANSWER_MS)) void askAnew(pod);
      return asked.known.value;
    },
    recent: (pod) => {
      const asked = remembered.get(keyOf(pod));
      return asked && ageOf(asked) < ANSWER_MS ? asked.answer : askAnew(pod);
    },
  };
}

const keyOf = ({ address, uid }: ResolverPod) => `${address} ${uid ?? ''}`;
