import { until } from '../cluster/wait.ts';
import type { Answer } from './client.ts';
import { type ElastiServiceObject, WAKE_ANNOTATION } from './objects.ts';
import type { Reads } from './reads.ts';

/** Bounds of waits: generous, for a machine that does many other things. */
export const WAIT_MS = 120_000;

/** Waits for what happens in a story's namespace. */
export interface Waits {
  /** `reason`: of any condition. */
  untilPhase(phase: string, expected?: { name?: string; reason?: string }): Promise<ElastiServiceObject>;
  untilReason(type: string, reason: string, name?: string): Promise<ElastiServiceObject>;
  /** Waits until the latest wake counts as served. */
  untilWakeServed(name?: string): Promise<ElastiServiceObject>;
  untilGone(kind: string, name: string): Promise<void>;
  /** Waits until the last pod has ended: until then a connection may still be sent to it. */
  untilNoPods(app?: string): Promise<void>;
  /** Waits until no slice of ours redirects the Service. */
  untilNoSlices(service?: string): Promise<void>;
  /** Waits until requests go straight to the pods: kube-proxy hears a moment later that slices are gone. */
  untilDirect(service?: string): Promise<void>;
}

interface WaitsOptions extends Reads {
  readonly namespace: string;
  ask(service: string, options: { timeoutMs: number }): Promise<Answer>;
}

export function createWaits({ namespace, ask, ...reads }: WaitsOptions): Waits {
  const wait = <T>(what: string, probe: () => Promise<T>) =>
    until(`${what} in ${namespace}`, probe, { timeoutMs: WAIT_MS });
  const untilElastiService = async (
    what: string,
    name: string,
    isIt: (object: ElastiServiceObject) => boolean | undefined,
  ): Promise<ElastiServiceObject> =>
    wait(`ElastiService ${name} to be ${what}`, async () => {
      const object = await reads.elastiService(name);
      return isIt(object) ? object : undefined;
    });

  return {
    untilPhase: (phase, { name = 'web', reason } = {}) =>
      untilElastiService(`${phase} ${reason ?? ''}`, name, ({ status }) => {
        const isReason = reason === undefined || status?.conditions?.some((condition) => condition.reason === reason);
        return status?.phase === phase && isReason;
      }),
    untilReason: (type, reason, name = 'web') =>
      untilElastiService(`${type} because of ${reason}`, name, ({ status }) =>
        status?.conditions?.some((condition) => condition.type === type && condition.reason === reason),
      ),
    untilWakeServed: (name = 'web') =>
      untilElastiService('woken for good', name, ({ metadata, status }) => {
        const token = metadata.annotations?.[WAKE_ANNOTATION];
        return token !== undefined && token === status?.servedWake;
      }),
    async untilGone(kind, name) {
      const isGone = () => reads.get(kind, name).then(Boolean, (error) => error.status === 404 && 'gone');
      await wait(`${kind} ${name} to be gone`, async () => (await isGone()) === 'gone');
    },
    async untilNoPods(app = 'web') {
      await wait(`the pods of ${app} to be gone`, async () => (await reads.pods(app)).length === 0);
    },
    async untilNoSlices(service = 'web') {
      await wait(`the slices of ${service} to be gone`, async () => (await reads.ourSlices(service)).length === 0);
    },
    async untilDirect(service = 'web') {
      await wait(`answers of ${service} that bypass the resolver`, async () => {
        const { status, resolver } = await ask(service, { timeoutMs: 5000 });
        return status === 200 && resolver === undefined;
      });
    },
  };
}
