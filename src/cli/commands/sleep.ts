import { KEEP_AWAKE_ANNOTATION, SLEEP_ANNOTATION } from '../../api/elastiservice.ts';
import type { ObjectRef } from '../../api/kubernetes.ts';
import { parseElastiService } from '../../core/observe.ts';
import type { ElastiService } from '../../core/types.ts';
import { willOf } from '../../core/will.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { adviceFor } from '../explain/advice.ts';
import { conditionOf } from '../explain/next.ts';
import { annotateElastiService, readElastiService } from '../kube/elastiservices.ts';
import type { Kube } from '../kube/kube.ts';
import { withoutStop } from '../words.ts';
import { awaitPhase, stateOf, type Waiting } from './await-phase.ts';
import { done, type Outcome } from './outcome.ts';

export interface SleepOptions extends ObjectRef, Waiting {
  /** Ends once the wish is recorded. */
  readonly isNotWaiting: boolean;
}

/** Asks for sleep without waiting for the cooldown, and waits until it sleeps or it is clear why not. */
export async function sleep(kube: Kube, options: SleepOptions): Promise<Outcome> {
  const { namespace, name, clock, isNotWaiting } = options;
  const parent = await readElastiService(kube, { namespace, name });
  const before = parseElastiService(parent);
  if (!('invalid' in before) && willOf(before, clock.now()).kind === 'off') {
    const remove = `kubectl annotate elastiservice -n ${namespace} ${name} ${SLEEP_ANNOTATION}-`;
    throw new CliError(EXIT.usage, `sleep is switched off for ${namespace}/${name}; to switch it on again: ${remove}`);
  }
  const askedAt = clock.now().toISOString();
  await annotateElastiService(kube, parent, { [SLEEP_ANNOTATION]: askedAt, [KEEP_AWAKE_ANNOTATION]: null });
  const told = { namespace, name, askedAt };
  if (isNotWaiting) return done(`the wish that ${namespace}/${name} sleeps is recorded`, { ...told, isAsleep: null });

  const { elastiService, hasCome } = await awaitPhase(kube, options, {
    ...options,
    isThere: ({ status }) => status?.phase === 'Asleep',
    isHopeless: (one) => refusalOf(one) !== undefined,
  });
  if (hasCome) return done(`${namespace}/${name} sleeps`, { ...told, isAsleep: true });
  const why = 'invalid' in elastiService ? `its spec cannot be read: ${elastiService.invalid}` : whyNot(elastiService);
  return {
    text: `${namespace}/${name} does not sleep: ${why}`,
    json: { ...told, isAsleep: false, why },
    exitCode: EXIT.late,
  };
}

/** What keeps it awake until somebody changes something. */
function refusalOf(elastiService: ElastiService) {
  const allowed = conditionOf(elastiService, 'SleepAllowed');
  return allowed?.status === 'False' ? allowed : undefined;
}

function whyNot(elastiService: ElastiService): string {
  const refusal = refusalOf(elastiService);
  if (refusal === undefined) return `${stateOf(elastiService)}; the wish holds for ten minutes`;
  const advice = adviceFor(refusal.reason);
  return `${withoutStop(refusal.message)}${advice === undefined ? '' : `. To do: ${advice}`}`;
}
