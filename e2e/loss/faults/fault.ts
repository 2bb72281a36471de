import type { Chance } from '../../../simulation/chance.ts';
import { until } from '../../cluster/wait.ts';
import type { Environment } from '../../environment/environment.ts';
import type { Disturbances } from '../disturbances.ts';
import type { Witness } from '../witness.ts';

/** What faults are made with. */
export interface FaultWorld {
  readonly environment: Environment;
  readonly witness: Witness;
  readonly disturbances: Disturbances;
  readonly chance: Chance;
}

/** Something that goes wrong with what all sites rely on. */
export interface Fault {
  readonly name: string;
  /** Two that touch the same thing do not go on at once. */
  readonly touches: 'hooks' | 'resolvers' | 'metacontroller' | 'prometheus' | 'api';
  /** Does it, and resolves when all is as it was. */
  run(world: FaultWorld): Promise<void>;
}

/** Has the API server do something, however often it takes: another fault may have hit it. */
export function persist<T>(what: string, work: () => Promise<T>): Promise<true> {
  return until(what, () => work().then(() => true as const), { timeoutMs: 120_000, everyMs: 200 });
}
