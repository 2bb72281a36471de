import type { Condition } from '../api/elastiservice.ts';
import type { Claim } from './conditions.ts';
import type { EventIntent, UnusableRule } from './types.ts';
import type { View } from './view.ts';

const TYPE = 'ProbeResponse';

/** Whether the rules of spec.probeResponse are still to be judged, which costs too much for each sync: the condition remembers. */
export function mustJudgeProbeRules(view: View): boolean {
  return hasRules(view) && view.context.probeRules.kind === 'unread' && judgedBefore(view) === undefined;
}

/** What the condition says of the rules; undefined where there are none, or none was judged yet. */
export function probeResponseClaim(view: View): Claim | undefined {
  if (!hasRules(view)) return undefined;
  const { probeRules } = view.context;
  if (probeRules.kind === 'found') return judge(probeRules.unusable);
  const before = judgedBefore(view);
  return before && { type: TYPE, status: before.status, reason: before.reason, message: before.message };
}

/** A Warning for rules that match nothing, once for each generation of the spec. */
export function probeRuleEvents(view: View): readonly EventIntent[] {
  if (view.context.probeRules.kind === 'unread' || judgedBefore(view) !== undefined) return [];
  const claim = probeResponseClaim(view);
  return claim?.status === 'False' ? [{ type: 'Warning', reason: claim.reason, message: claim.message }] : [];
}

const hasRules = ({ facts }: View): boolean => (facts.elastiService.spec.probeResponse ?? []).length > 0;

function judgedBefore({ last, facts }: View): Condition | undefined {
  const { generation } = facts.elastiService;
  return last.conditions?.find(({ type, observedGeneration }) => type === TYPE && observedGeneration === generation);
}

function judge(unusable: readonly UnusableRule[]): Claim {
  const malformed = rulesWith(unusable, 'malformed');
  const tooLarge = rulesWith(unusable, 'tooLarge');
  if (malformed === undefined && tooLarge === undefined) {
    const message = 'the resolver answers what its rules match without waking';
    return { type: TYPE, status: 'True', reason: 'RulesUsable', message };
  }
  const reason = malformed === undefined ? 'ProbeResponseTooLarge' : 'ProbeResponseInvalid';
  const sentences = [
    ...(malformed === undefined
      ? []
      : [
          `${malformed} cannot be read: expressions are in Go's syntax, and each header and query parameter has a name`,
        ]),
    ...(tooLarge === undefined ? [] : [`with ${tooLarge} the expressions are more than Elasti's own resolver takes`]),
  ];
  return { type: TYPE, status: 'False', reason, message: `${sentences.join('; ')}; what matches nothing wakes` };
}

function rulesWith(unusable: readonly UnusableRule[], problem: UnusableRule['problem']): string | undefined {
  const rules = unusable.filter((rule) => rule.problem === problem).map(({ index }) => `probeResponse[${index}]`);
  return rules.length === 0 ? undefined : rules.join(', ');
}
