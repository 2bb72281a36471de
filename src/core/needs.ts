import { FRESH_SECONDS } from './decide-sleep.ts';
import type { Plan, Unread } from './phase.ts';
import { mustJudgeProbeRules } from './probe-rules.ts';
import { usableService } from './resources/children.ts';
import { isForeignRaise } from './status.ts';
import { secondsSince } from './time.ts';
import type { Needs } from './types.ts';
import type { View } from './view.ts';
import { isWatched } from './watched.ts';
import { cooldownSecondsOf } from './will.ts';

/** Asleep with nobody asking, /scale is read this often, for a raise that came with no sign of a pod. */
const ASLEEP_SCALE_SECONDS = 300;
/** What keeps a service from sleeping until somebody changes it is looked at again this often. */
const PREVENTED_SECONDS = 300;

/**
 * What is to be read before sync can decide, given what has been gathered so far; `undefined` when nothing is.
 * Call it again with what came of it: a decision may need one thing only because of another.
 */
export function decideNeeds({ view, decision }: Plan): Needs | undefined {
  // Where we may not read, nothing is asked for.
  if (!isWatched(view.facts.elastiService.namespace, view.settings.watchNamespaces)) return undefined;
  const scale = decideScaleNeed(view);
  const resolver = decideResolverNeeds(view);
  const probeRules = decision !== undefined && mustJudgeProbeRules(view);
  if (scale !== undefined || resolver !== undefined || probeRules)
    return needs(view, { scale, ...resolver, probeRules }, []);
  if (decision === undefined) return undefined;

  const { unread } = decision;
  const mustTellWhoRaised = isForeignRaise(view, { whoever: true }) && view.context.sharers.kind === 'unread';
  if (unread.length === 0 && !mustTellWhoRaised) return undefined;
  return needs(view, {}, mustTellWhoRaised ? [...unread, 'sharers'] : unread);
}

function decideScaleNeed(view: View): Needs['scale'] {
  const { facts, context, last, wake, isSpecChanged, settings, now } = view;
  if (context.scale.kind !== 'unread') return undefined;
  if (wake !== undefined || last.phase === undefined || isSpecChanged) return { maxAgeSeconds: 0 };
  if (last.phase === 'Blocked') return { maxAgeSeconds: settings.pollSeconds / 2 };
  // Endpoints outlast a zero: the pods of a StatefulSet go one by one, so asleep they say nothing about replicas.
  if (facts.readiness !== 'notReady' && last.phase !== 'Asleep') return undefined;
  const isQuietlyAsleep = last.phase === 'Asleep' && !facts.hasEndpoints && last.wokenBy === undefined;
  if (!isQuietlyAsleep) return { maxAgeSeconds: 0 };
  // Another replica may have written the zero: what was read before it would pass for somebody's raise.
  const asleepFor = secondsSince(last.phaseSince, now) - settings.clockSkewSeconds;
  return { maxAgeSeconds: Math.max(0, Math.min(ASLEEP_SCALE_SECONDS, asleepFor)) };
}

/** What the slices to the resolver rest on: the ports that are claimed for the Service, and who accepts connections there. */
export function decideResolverNeeds({ facts, context, settings, last }: View): Partial<Needs> | undefined {
  // The claims carry the private Service's uid, so that it must be there first.
  const isClaimable = facts.privateService?.metadata.uid !== undefined && usableService(facts, settings) !== undefined;
  if (settings.resolver.routing === 'host' || !isClaimable) return undefined;
  const { resolverPorts, listening } = context;
  if (resolverPorts.kind === 'unread') {
    return { resolverPorts: { maxAgeSeconds: last.phase === 'Draining' ? FRESH_SECONDS : settings.pollSeconds } };
  }
  if (resolverPorts.kind === 'failed' || listening.kind === 'found') return undefined;
  return { listening: { ports: resolverPorts.ports.map(({ resolverPort }) => resolverPort) } };
}

function needs(view: View, given: Partial<Needs>, unread: readonly Unread[]): Needs {
  const { settings, facts, last, will, now } = view;
  const asks = (what: Unread) => unread.includes(what);
  const prevented = last.conditions?.find((c) => c.type === 'SleepAllowed' && c.status === 'False')?.reason;
  const isPrevented = last.phase !== 'Draining' && prevented !== undefined;
  // Two that share a target must meet in their drains, so each looks for the other at every poll.
  const sharersSeconds = prevented === 'TargetShared' ? settings.pollSeconds / 2 : PREVENTED_SECONDS;
  // Asleep, a reading must be younger than the sleep.
  const asleepFor = last.phase === 'Asleep' ? secondsSince(last.phaseSince, now) : Number.POSITIVE_INFINITY;
  const pollAge = Math.max(0, Math.min(settings.pollSeconds / 2, asleepFor));
  // In a drain only a fresh reading will do, so it is asked for at once.
  const mustBeFresh = asks('freshReadings') || (asks('readings') && last.phase === 'Draining');
  const readings = mustBeFresh ? FRESH_SECONDS / 2 : asks('readings') ? pollAge : undefined;
  return {
    readings: readings === undefined ? undefined : { maxAgeSeconds: readings },
    proof: asks('proof') ? { windowSeconds: cooldownSecondsOf(facts.elastiService, will) } : undefined,
    scale: asks('scale') ? { maxAgeSeconds: 0 } : undefined,
    status: asks('status'),
    autoscaler: asks('autoscaler') ? { maxAgeSeconds: isPrevented ? PREVENTED_SECONDS : 0 } : undefined,
    sharers: asks('sharers') ? { maxAgeSeconds: isPrevented ? sharersSeconds : 0 } : undefined,
    liveResolvers: asks('liveResolvers'),
    ownUnchanged: asks('ownUnchanged'),
    resolverPorts: undefined,
    listening: undefined,
    flows: asks('flows'),
    probeRules: false,
    ...given,
  };
}
