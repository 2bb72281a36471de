import type { Parent } from '../../api/hooks.ts';
import { parseElastiService } from '../../core/observe.ts';
import { readyEndpoints } from '../../core/resources/resolver-slices.ts';
import type { ElastiService } from '../../core/types.ts';
import { adviceFor } from '../explain/advice.ts';
import { conditionOf } from '../explain/next.ts';
import type { Installation } from '../kube/installation.ts';
import type { Kube } from '../kube/kube.ts';
import { withoutStop } from '../words.ts';
import { type Finding, findingsOf } from './finding.ts';
import { type Judging, judge } from './judge.ts';
import { readNamespace } from './namespace-objects.ts';
import { checkAutoscalers, checkPreStop, nameOf } from './target.ts';

const { ok, unknown, warning, problem } = findingsOf('service');

const NEVER_SLEEPS = 'it never sleeps like this';
const WHY: Readonly<Record<string, string>> = {
  Ready: 'it may not be able to serve what comes',
  ProbeResponse: 'the requests that are meant wake it',
};
const NOT_READY = 'ResolverNotReady';

/** What concerns single ElastiServices: can they sleep, and does nothing fight with them? */
export async function checkServices(
  kube: Kube,
  parents: readonly Parent[],
  { installation, now }: { readonly installation: Installation; readonly now: Date },
): Promise<Finding[]> {
  const { settings } = installation;
  const { namespace, serviceName } = settings.resolver;
  const resolverSlices = parents.length === 0 ? [] : await kube.cluster.listSlices(namespace, serviceName);
  const namespaces = [...new Set(parents.map(({ metadata }) => metadata.namespace))];
  const findings: Finding[] = [];
  // One namespace after the other: each is seven lists at once.
  for (const name of namespaces) {
    const objects = await readNamespace(kube, name);
    const own = parents.filter(({ metadata }) => metadata.namespace === name);
    const judging: Judging = { objects, parents: own, resolverSlices, settings, now };
    findings.push(...own.flatMap((parent) => checkService(parent, judging)));
  }
  return findings;
}

function checkService(parent: Parent, judging: Judging): Finding[] {
  const elastiService = parseElastiService(parent);
  const object = nameOf(parent.metadata);
  if ('invalid' in elastiService) {
    const why = 'nothing is done for it, and what sleeps stays asleep until a wake';
    return [problem({ object, what: elastiService.invalid, why, todo: adviceFor('InvalidSpec') ?? '' })];
  }
  const { services, slices } = judging.objects;
  // Where it is so for all of them, the check of the resolver has said it.
  const toldBefore = judging.resolverSlices.some((slice) => readyEndpoints(slice).length > 0) ? [] : [NOT_READY];
  const isUnseen = services === undefined || slices === undefined;
  const refusal = isUnseen ? undefined : judge(parent, elastiService, judging);
  const findings = [
    ...(isUnseen ? [unknown(object, 'you may not list Services and EndpointSlices there')] : []),
    ...(refusal === undefined || toldBefore.includes(refusal.reason) ? [] : [refused(object, refusal)]),
    ...toldByConditions(elastiService, [...toldBefore, refusal?.reason ?? '']),
    ...checkAutoscalers(elastiService, judging.objects),
    ...checkPreStop(elastiService, judging.objects),
  ];
  return findings.length > 0 ? findings : [ok(object, 'nothing is in the way of its sleep')];
}

const MEANT: ReadonlySet<string> = new Set(['TargetShared', 'SleepSwitchedOff', 'ObserveOnly']);

function refused(object: string, { reason, message }: { readonly reason: string; readonly message: string }): Finding {
  const todo = adviceFor(reason) ?? `\`elasti why\` says more`;
  // What a person wants, and what passes, is nothing wrong.
  const isMeant = MEANT.has(reason);
  const fault = { object, what: `${withoutStop(message)} (${reason})`, why: NEVER_SLEEPS, todo };
  return isMeant ? warning(fault) : problem(fault);
}

/** What only the hook service knows: the target cannot be scaled, others keep raising it, no pod becomes ready. */
function toldByConditions(elastiService: ElastiService, toldBefore: readonly string[]): Finding[] {
  const object = nameOf(elastiService);
  const reasons = new Set(toldBefore);
  return ['Ready', 'SleepAllowed', 'ResolverPorts', 'ProbeResponse'].flatMap((type) => {
    const condition = conditionOf(elastiService, type);
    if (condition?.status !== 'False' || reasons.has(condition.reason)) return [];
    reasons.add(condition.reason);
    const { reason, message } = condition;
    if (MEANT.has(reason)) return [refused(object, { reason, message })];
    const todo = adviceFor(reason) ?? 'look at its pods, and at its Events';
    return [problem({ object, what: `${withoutStop(message)} (${reason})`, why: WHY[type] ?? NEVER_SLEEPS, todo })];
  });
}
