import { z } from 'zod';
import type { Parent } from '../api/hooks.ts';
import type { Target } from '../api/kubernetes.ts';
import { enabledPeriodAt } from './enabled-period.ts';
import { parseElastiService, targetOf } from './observe.ts';
import { hasLostService } from './service-claim.ts';
import { latestMs, secondsSince } from './time.ts';
import type { ElastiService, Settings, Sharer } from './types.ts';
import { pendingWake } from './wake-token.ts';
import { cooldownSecondsOf, isAgainstSleep, type Will, willOf } from './will.ts';

/** The other ElastiServices of the namespace that name the same target, by name. */
export function sharersOf(
  parents: readonly Parent[],
  self: { readonly uid: string; readonly target: Target },
  now: Date,
  settings: Pick<Settings, 'drainSeconds' | 'clockSkewSeconds'>,
): readonly Sharer[] {
  return parents
    .filter(({ metadata }) => metadata.uid !== self.uid && metadata.namespace === self.target.namespace)
    .filter((parent) => !hasServiceOfAnother(parent, parents))
    .flatMap((parent) => sharerOf(parent, self.target, now, settings) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One that lost the Service to another has no traffic of its own to wait for, as long as that other is there. */
function hasServiceOfAnother(parent: Parent, parents: readonly Parent[]): boolean {
  if (!hasLostService(parent)) return false;
  const { uid, namespace } = parent.metadata;
  const service = serviceOf(parent);
  return parents.some(
    (other) =>
      other.metadata.uid !== uid &&
      other.metadata.namespace === namespace &&
      service !== undefined &&
      serviceOf(other) === service &&
      // Which one without a status will get the Service is not known yet.
      other.status !== undefined &&
      !hasLostService(other),
  );
}

const serviceOf = ({ spec }: Parent): unknown => NamesService.safeParse(spec).data?.service;

const NamesService = z.looseObject({ service: z.string() });
const NamesTarget = z.looseObject({ scaleTargetRef: z.looseObject({ name: z.string() }) });

function sharerOf(
  parent: Parent,
  target: Target,
  now: Date,
  settings: Pick<Settings, 'drainSeconds' | 'clockSkewSeconds'>,
): Sharer | undefined {
  const elastiService = parseElastiService(parent);
  const { name, uid } = parent.metadata;
  if ('invalid' in elastiService) {
    // Nobody can say whether it is in use, so it counts as in use.
    const names = NamesTarget.safeParse(parent.spec);
    const isNamed = names.success && names.data.scaleTargetRef.name === target.name;
    return isNamed ? { name, uid, isIdle: false, isDrained: false, drainingSince: undefined } : undefined;
  }
  const theirs = targetOf(elastiService);
  if (theirs.name !== target.name || theirs.kind !== target.kind || theirs.apiVersion !== target.apiVersion) return;
  const will = willOf(elastiService, now);
  const period = enabledPeriodAt(elastiService.spec.enabledPeriod, now);
  const mayNotSleep = isAgainstSleep(will) || 'error' in period || !period.isInside;
  const isKept = pendingWake(elastiService) !== undefined || mayNotSleep;
  const { status } = elastiService;
  return {
    name,
    uid,
    isIdle: !isKept && isIdle(elastiService, will, now),
    isDrained: !isKept && elastiService.deletedAt === undefined && isDrained(elastiService, now, settings),
    drainingSince: status?.phase === 'Draining' ? status.phaseSince : undefined,
  };
}

function isIdle(elastiService: ElastiService, will: Will, now: Date): boolean {
  const { status, createdAt } = elastiService;
  if (status?.phase === 'Draining' || status?.phase === 'Asleep') return true;
  if (isPrevented(elastiService)) return false;
  if (status?.idleSince === undefined) return false;
  const busyUntil = new Date(latestMs(status.idleSince, status.lastScaledUpTime, createdAt));
  return secondsSince(busyUntil, now) >= cooldownSecondsOf(elastiService, will);
}

/** Reasons to serve on that have no end in sight. */
const ENDLESS: ReadonlySet<string> = new Set(['ConnectionsOpen', 'ConnectionsUnknown', 'AutoscalerUnknown']);

// Something else than the sharing keeps it awake: to drain for it would be to drain for nothing, again and again.
const isPrevented = ({ status }: ElastiService): boolean =>
  status?.conditions?.some(
    ({ type, status, reason }) =>
      (type === 'SleepAllowed' && status === 'False' && reason !== 'TargetShared') ||
      (type === 'Ready' && ENDLESS.has(reason)),
  ) === true;

function isDrained(
  { status }: ElastiService,
  now: Date,
  { drainSeconds, clockSkewSeconds }: Pick<Settings, 'drainSeconds' | 'clockSkewSeconds'>,
): boolean {
  if (status?.phase === 'Asleep') return true;
  if (status?.phase !== 'Draining' || status.redirectedSince === undefined) return false;
  return secondsSince(status.redirectedSince, now) >= drainSeconds + clockSkewSeconds;
}
