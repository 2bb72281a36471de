import { WAKE_ANNOTATION } from '../../api/elastiservice.ts';
import type { ObjectRef } from '../../api/kubernetes.ts';
import type { ElastiService } from '../../core/types.ts';
import type { Random } from '../../effects/ports.ts';
import { EXIT } from '../cli-error.ts';
import { adviceFor } from '../explain/advice.ts';
import { conditionOf } from '../explain/next.ts';
import { annotateElastiService, readElastiService } from '../kube/elastiservices.ts';
import type { Kube } from '../kube/kube.ts';
import { awaitPhase, stateOf, type Waiting } from './await-phase.ts';
import { done, type Outcome } from './outcome.ts';

export interface WakeOptions extends ObjectRef, Waiting {
  readonly random: Pick<Random, 'uuid'>;
  /** Ends once the wake is recorded. */
  readonly isNotWaiting: boolean;
  /** Annotations that are set or removed together with the wake. */
  readonly annotations?: Readonly<Record<string, string | null>>;
  /** What to say first. */
  readonly also?: string;
}

/** Nothing is done to these targets, so that no wake is ever served. */
const HANDS_OFF = new Set(['Reserved', 'ServiceClaimed', 'TargetMissing']);

/** Writes a wake token, as the wake route does, and waits until the service is up or it is clear why not. */
export async function wake(kube: Kube, options: WakeOptions): Promise<Outcome> {
  const { namespace, name, clock, random, isNotWaiting } = options;
  const also = options.also === undefined ? '' : `${options.also}; `;
  const token = `${clock.now().toISOString()}/${random.uuid()}`;
  const parent = await readElastiService(kube, { namespace, name });
  await annotateElastiService(kube, parent, { ...options.annotations, [WAKE_ANNOTATION]: token });
  const told = { namespace, name, token };
  if (isNotWaiting) return done(`${also}the wake of ${namespace}/${name} is recorded`, { ...told, isUp: null });

  const { elastiService, hasCome } = await awaitPhase(kube, options, {
    ...options,
    isThere: ({ status }) => status?.servedWake === token && status.phase === 'Serving',
    isHopeless: (one) => HANDS_OFF.has(blockedReason(one) ?? ''),
  });
  if (hasCome) return done(`${also}${namespace}/${name} is up`, { ...told, isUp: true });
  const why =
    'invalid' in elastiService ? `its spec cannot be read: ${elastiService.invalid}` : whyNot(elastiService, token);
  return {
    text: `${also}${namespace}/${name} is not up: ${why}`,
    json: { ...told, isUp: false, why },
    exitCode: EXIT.late,
  };
}

const blockedReason = (elastiService: ElastiService): string | undefined =>
  elastiService.status?.phase === 'Blocked' ? conditionOf(elastiService, 'Ready')?.reason : undefined;

function whyNot(elastiService: ElastiService, token: string): string {
  const ready = conditionOf(elastiService, 'Ready');
  const advice = adviceFor(ready?.reason ?? '');
  if (advice !== undefined) return `${stateOf(elastiService)}. To do: ${advice}`;
  if (elastiService.status?.servedWake !== token) {
    return `${stateOf(elastiService)}; nobody has served the wake, \`elasti doctor\` looks why`;
  }
  return `${stateOf(elastiService)}; look at its pods`;
}
