import type { Clock, Cluster, Logger, Random } from '../../effects/ports.ts';
import { createRaiseChains } from '../../effects/raise-chain.ts';
import { createWakeTokens } from '../../effects/wake-tokens.ts';
import type { Claim } from '../ports.ts';

export interface WriteTokenDeps {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Whether the target is raised from here too, in case no hook service is left to do it. */
  readonly raisesScale: boolean;
}

export interface TokenWriter {
  /**
   * Writes a new wake token on the claim's ElastiService, and on no other of that name. Throws KubeApiError or
   * UnknownServiceError. A raise that follows goes on behind it.
   */
  write(claim: Claim): Promise<void>;
  /** Ends the raises once their current try is over. */
  stop(): void;
}

/** Wakes without the hook service. */
export function createTokenWriter(deps: WriteTokenDeps): TokenWriter {
  const chains = createRaiseChains(deps);
  return {
    write: async ({ namespace, service, elastiService, uid }) => {
      const entry = { name: elastiService, uid, createdAt: new Date(0) };
      // The claim says whose port it is: whoever stands behind the Service by now must not be woken in its place.
      const registry = { find: async () => entry, remember: () => {}, forget: () => {} };
      const tokens = createWakeTokens({ ...deps, registry });
      const { parent, token } = await tokens.write(namespace, service, entry);
      if (deps.raisesScale) void chains.start(parent, token);
    },
    stop: chains.stop,
  };
}
