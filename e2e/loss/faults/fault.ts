import type { Chance } from '../../../simulation/chance.ts';
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
