import type { Child } from '../../src/api/hooks.ts';
import type { Family } from '../families.ts';
import type { Cause } from '../ledger.ts';
import { inChargeOf } from '../places.ts';
import type { Site } from '../world.ts';
import { type CheckContext, PROGRAMMED_MS, SECOND, UNSEEN_MS } from './context.ts';
import type { SiteTruth } from './site-truth.ts';
import { PROOF_MS } from './zero.ts';

/** For so long after claims were deleted a service may wait for the sync that claims its ports anew. */
const LOST_MS = 60 * SECOND;

/** Until a port of a Service is in the slices that its controller keeps. */
const UNLISTED_MS = 3 * SECOND;

/** Whose loss it is when a request finds nobody. */
export interface LossCauses {
  causeOfNoEndpoint(site: Site, family: Family): Cause;
  /** Why nothing else could take a connection that went to a pod which had left in good order. */
  causeOfStalePod(site: Site): Cause;
  /** Why connections still went to a resolver that began to leave at a time. */
  causeOfStaleResolver(site: Site, resolver: { readonly address: string; readonly leftAtMs: number }): Cause;
  /** Why a resolver that is there refused a connection. */
  causeOfClosedPort(site: Site): Cause;
  /** Whether there is an ElastiService that is not being deleted. */
  isManaged(site: Site): boolean;
}

/** Tells causes of losses apart by what is really so. */
export function createLossCauses({ world, claims, resolvers, now, truthOf }: CheckContext): LossCauses {
  /** Slices to resolvers that are gone hold nobody, and new ones are made by the first sync after their return. */
  const isAbsent = ({ answeredAtMs }: SiteTruth): boolean => {
    const isReturnSeen = answeredAtMs >= resolvers.backAtMs + UNSEEN_MS;
    return resolvers.goneSinceMs !== undefined || !isReturnSeen || now() - resolvers.backAtMs < PROGRAMMED_MS;
  };

  /** The target slept already, for another Service of its: the ElastiService has yet to be seen, and its slices made and programmed. */
  const isNewAtZero = ({ chargedAtMs, zeroAtMs, answeredAtMs }: SiteTruth): boolean =>
    chargedAtMs > zeroAtMs && (answeredAtMs < chargedAtMs + UNSEEN_MS || now() - chargedAtMs < 2 * PROGRAMMED_MS);

  return {
    causeOfStalePod: (site) => {
      const truth = truthOf(site);
      const { readySinceMs, outage, serviceChangedAtMs } = truth;
      if (now() - serviceChangedAtMs < PROGRAMMED_MS) return 'portsChanged';
      if (isAbsent(truth)) return 'resolverAbsent';
      if (outage === 'ours') return isNewAtZero(truth) ? 'notOurService' : 'stalePod';
      const isOut = readySinceMs === undefined || now() - readySinceMs < PROGRAMMED_MS;
      return isOut ? outage : 'stalePod';
    },
    causeOfStaleResolver: (site, { address, leftAtMs }) => {
      const { answeredAtMs, answerMadeAtMs, answeredChildren, steadySinceMs, serviceChangedAtMs } = truthOf(site);
      // Without the Service its slices are left as they are; nobody has seen yet that it is back.
      if (answerMadeAtMs < serviceChangedAtMs + UNSEEN_MS) return 'resolverLeftUnseen';
      // What an answer left out may not have been applied or programmed yet.
      const isInAnswer =
        answeredChildren.some((child) => isTo(child, address)) && answeredAtMs > leftAtMs + PROGRAMMED_MS;
      return isInAnswer && now() - steadySinceMs > PROGRAMMED_MS ? 'staleResolver' : 'resolverLeftUnseen';
    },
    causeOfClosedPort: (site) => {
      const { serviceChangedAtMs, chargedAtMs } = truthOf(site);
      if (now() - serviceChangedAtMs < 2 * PROGRAMMED_MS) return 'portsChanged';
      if (now() - claims.lostAtMs < LOST_MS) return 'claimsLost';
      return now() - chargedAtMs < 2 * PROGRAMMED_MS ? 'notOurService' : 'portClosed';
    },
    isManaged: (site) => {
      const parent = inChargeOf(world, site);
      return parent !== undefined && parent.metadata.deletionTimestamp === undefined;
    },
    causeOfNoEndpoint: (site, family) => {
      if (world.families.wasGone(family, 2 * PROGRAMMED_MS)) return 'familyAbsent';
      const truth = truthOf(site);
      if (inChargeOf(world, site) === undefined) return 'notOurService';
      // No sync can have seen the change, or its answer has yet to be programmed.
      const isChangeSeen = truth.answerMadeAtMs > truth.serviceChangedAtMs + UNSEEN_MS;
      if (!isChangeSeen || now() - truth.serviceChangedAtMs < 2 * PROGRAMMED_MS) return 'portsChanged';
      if (isAbsent(truth)) return 'resolverAbsent';
      if (now() - truth.droppedEarlyMs < PROGRAMMED_MS) return 'clocksApart';
      if (isNewAtZero(truth)) return 'notOurService';
      // Ports that came a moment before the zero are not in the Service's own slices yet, and nobody holds them until pods are up again.
      const isZeroUnseeing =
        truth.zeroAtMs >= truth.serviceChangedAtMs && truth.zeroAtMs - truth.serviceChangedAtMs < UNLISTED_MS;
      if (truth.outage === 'ours' && isZeroUnseeing && now() - truth.zeroAtMs < PROOF_MS) return 'portsChanged';
      if (truth.outage === 'ours') return 'noEndpoint';
      // Once the redirection stood in this outage, nobody but us could take it away again.
      const { redirectedSinceMs, lastRedirectedMs, lastReadyMs } = truth;
      // Where the last pod went only a moment before the slices did, nobody could have known.
      const isTakenAway = lastRedirectedMs > lastReadyMs + UNSEEN_MS && now() - lastRedirectedMs < PROGRAMMED_MS;
      const stood = redirectedSinceMs === undefined ? isTakenAway : now() - redirectedSinceMs > PROGRAMMED_MS;
      return stood ? 'noEndpoint' : truth.outage;
    },
  };
}

const isTo = ({ kind, endpoints }: Child, address: string): boolean =>
  kind === 'EndpointSlice' &&
  (endpoints as readonly { addresses: string[] }[]).some(({ addresses }) => addresses.includes(address));
