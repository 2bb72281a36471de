import { formatAge, formatMoment, formatSeconds, withoutStop } from '../words.ts';
import type { ExplainedCondition, Explanation } from './explanation.ts';

const PHASES: Readonly<Record<string, string>> = {
  Serving: 'is up: traffic goes straight to its pods',
  Draining: 'is about to sleep: its pods still serve, and new connections reach the resolver too',
  Asleep: 'sleeps: replicas are 0, and the resolver holds what comes',
  Waking: 'is waking: pods start, and the resolver holds what comes until they have proven ready',
  Holding: 'has no ready pod although replicas are above 0: the resolver holds what comes',
  Blocked: 'is blocked: nothing can be done for this Service as it is',
};

const WOKEN_BY: Readonly<Record<string, string>> = {
  Wake: 'a request, or a person, through a wake',
  Trigger: 'an active trigger',
  ResolverGone: 'the absence of any ready resolver',
  OutsideEnabledPeriod: 'the end of its enabled period',
  KeptAwake: 'a person who keeps it awake',
  Other: 'somebody else, who raised its replicas',
};

const WISHES: Readonly<Record<string, string>> = {
  off: 'A person has switched its sleep off',
  keptAwake: 'A person keeps it awake until',
  sleepAsked: 'A person has asked for it to sleep without waiting for its cooldown',
  unreadable: 'A person has annotated it with something that cannot be read',
};

/** The explanation as sentences for people. */
export function tell(explanation: Explanation, now: Date): string {
  return [
    ...headline(explanation, now),
    ...told(
      'Conditions',
      explanation.conditions.map((condition) => tellCondition(condition, now)),
    ),
    ...told('Triggers, asked just now', explanation.triggers.map(tellTrigger)),
    ...told('Wake and sleep', tellWake(explanation, now)),
    ...told('Events', tellEvents(explanation, now)),
  ].join('\n');
}

function headline(explanation: Explanation, now: Date): string[] {
  const { namespace, name, phase, since, decision, next, replicas, target, isSpecNewer, isBeingDeleted } = explanation;
  if (phase === null) {
    return [`${namespace}/${name} has no status yet: nobody has decided about it. \`elasti doctor\` looks why.`];
  }
  const forLong = since === null ? '' : ` (for ${formatAge(since, now)})`;
  const lines = [`${namespace}/${name} ${PHASES[phase] ?? `is ${phase}`}${forLong}.`];
  if (decision !== null) lines.push(`Because: ${withoutStop(decision.message)} (${decision.reason}).`);
  lines.push(`Next: it ${next.what}${next.at === null ? '' : `, ${formatMoment(next.at, now)}`}.`);
  if (replicas !== null) lines.push(`${target} has spec.replicas ${replicas}.`);
  if (isSpecNewer) lines.push('Its spec has changed since that decision, so the next one may differ.');
  if (isBeingDeleted) lines.push('It is being deleted: its target is restored first.');
  return lines;
}

const told = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];

const HOLDS: Readonly<Record<string, string>> = { True: 'yes', False: 'no', Unknown: 'unknown' };

function tellCondition({ type, status, reason, message, since, todo }: ExplainedCondition, now: Date): string {
  const isFine = status === 'True' || type === 'Asleep';
  const advice = todo === null || isFine ? '' : ` To do: ${todo}.`;
  return `${type}: ${HOLDS[status] ?? status} for ${formatAge(since, now)}, ${reason}: ${withoutStop(message)}.${advice}`;
}

function tellTrigger({ query, threshold, state, value, reason }: Explanation['triggers'][number]): string {
  switch (state) {
    case 'idle':
      return `${query} is ${value}, below its threshold ${threshold}: idle.`;
    case 'active':
      return `${query} is ${value}, not below its threshold ${threshold}: active.`;
    case 'failed':
      return `${query} gave nothing to go by: ${reason}`;
    case 'untold':
      return `${query} cannot be told from here: ${reason}.`;
    default:
      return state satisfies never;
  }
}

function tellWake({ wake, will, wokenBy, idleSince, cooldownSeconds, phase }: Explanation, now: Date): string[] {
  const lines: string[] = [];
  const wish = WISHES[will.kind];
  if (wish !== undefined) lines.push(will.until === null ? `${wish}.` : `${wish} ${formatMoment(will.until, now)}.`);
  if (wake !== null) {
    const when = wake.at === null ? 'of an unreadable time' : `of ${formatMoment(wake.at, now)}`;
    lines.push(`The last wake, ${when}, ${wake.isPending ? 'waits to be served' : 'was served'}.`);
  }
  if (wokenBy !== null) lines.push(`It was last woken by ${WOKEN_BY[wokenBy] ?? wokenBy}.`);
  if (idleSince !== null && phase === 'Serving') {
    const idle = `Its triggers have been idle for ${formatAge(idleSince, now)}`;
    lines.push(`${idle}; its cooldown is ${formatSeconds(cooldownSeconds)}.`);
  }
  return lines;
}

function tellEvents({ events }: Explanation, now: Date): string[] {
  if (events === null) return ['you may not list Events there.'];
  return events.map(({ at, type, reason, message, count }) => {
    const times = count > 1 ? ` (${count} times)` : '';
    return `${formatAge(at, now)} ago ${type === 'Normal' ? '' : `${type} `}${reason}: ${message}${times}`;
  });
}
