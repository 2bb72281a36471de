import type { Settings } from '../src/core/types.ts';
import type { Answers } from '../src/effects/answers.ts';
import type { CarryOut } from '../src/effects/carry-out.ts';
import type { SightedDeps } from '../src/effects/create-effects.ts';
import type { ResolverReads } from '../src/effects/gather.ts';
import type { ClaimsCluster, Cluster } from '../src/effects/ports.ts';
import type { Registry } from '../src/effects/registry.ts';
import type { Send } from '../src/triggers/send.ts';
import type { FaultName } from './faults.ts';
import type { World } from './world.ts';

/** A planted mistake: wraps around the real code, which itself stays as it is. */
export interface Mutant {
  readonly name: string;
  /** The invariants of which one must catch it, by the beginning of their names. */
  readonly caughtBy: readonly string[];
  /** The faults without which it would do no harm. */
  readonly faults: readonly FaultName[];
  /** How many services it needs at least. */
  readonly services?: number;
  /** Planted where replicas watch by themselves. */
  readonly observedBy?: 'watch';
  readonly sighted?: (deps: SightedDeps) => SightedDeps;
  readonly settings?: (settings: Settings, replica: string) => Settings;
  readonly cluster?: (cluster: Cluster, world: World) => Cluster;
  readonly answers?: (answers: Answers, cluster: Cluster) => Answers;
  readonly carryOut?: (carryOut: CarryOut) => CarryOut;
  readonly registry?: (registry: Registry) => Registry;
  readonly resolver?: (reads: ResolverReads) => ResolverReads;
  readonly claims?: (cluster: ClaimsCluster) => ClaimsCluster;
  readonly send?: (send: Send) => Send;
}

export const NO_MUTANT: Mutant = { name: 'none', caughtBy: [], faults: [] };
