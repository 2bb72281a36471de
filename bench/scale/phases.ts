import type { KubeApi } from '../../e2e/cluster/api.ts';
import { until } from '../../e2e/cluster/wait.ts';
import { API_VERSION, type Phase } from '../../src/api/elastiservice.ts';
import type { Member } from './fleet.ts';

interface Watched {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly status?: { readonly phase?: Phase };
}

/** The phase that each ElastiService is in, as the API server tells it. */
export interface Phases {
  /** When the last of them changed, on performance.now(). */
  lastChangeAtMs(): number;
  /** Resolves when all of these are asleep or serving, as they are meant to be. */
  settled(members: readonly Member[], timeoutMs: number): Promise<void>;
  stop(): void;
}

export function followPhases(api: KubeApi): Phases {
  const phases = new Map<string, Phase | undefined>();
  let lastChangeAtMs = performance.now();
  const watching = api.watch<Watched>(`/apis/${API_VERSION}/elastiservices`, ({ object: { metadata, status } }) => {
    const key = `${metadata.namespace}/${metadata.name}`;
    if (phases.get(key) === status?.phase) return;
    phases.set(key, status?.phase);
    lastChangeAtMs = performance.now();
  });
  const isAsMeant = ({ namespace, name, isAsleep }: Member) =>
    phases.get(`${namespace}/${name}`) === (isAsleep ? 'Asleep' : 'Serving');
  return {
    lastChangeAtMs: () => lastChangeAtMs,
    settled: async (members, timeoutMs) => {
      const others = () => members.filter((member) => !isAsMeant(member));
      try {
        await until('the fleet to settle', () => others().length === 0, { timeoutMs, everyMs: 50 });
      } catch (error) {
        const [first, ...rest] = others();
        if (!first) return;
        const phase = phases.get(`${first.namespace}/${first.name}`);
        throw new Error(`${first.name} is ${phase}, and ${rest.length} more are not as meant`, { cause: error });
      }
    },
    stop: () => watching.stop(),
  };
}
