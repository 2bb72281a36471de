import { KEEP_AWAKE_ANNOTATION, SLEEP_ANNOTATION } from '../../api/elastiservice.ts';
import { parseElastiService } from '../../core/observe.ts';
import { willOf } from '../../core/will.ts';
import { annotateElastiService, readElastiService } from '../kube/elastiservices.ts';
import type { Kube } from '../kube/kube.ts';
import { formatMoment } from '../words.ts';
import { done, type Outcome } from './outcome.ts';
import { type WakeOptions, wake } from './wake.ts';

export interface KeepAwakeOptions extends Omit<WakeOptions, 'annotations' | 'also'> {
  /** For how long; `always`: until somebody ends it; `end`: that. */
  readonly until: Date | 'always' | 'end';
}

/** Keeps an ElastiService awake for a while, or for good, and wakes it where it sleeps; or ends that. */
export async function keepAwake(kube: Kube, { until, ...options }: KeepAwakeOptions): Promise<Outcome> {
  const { namespace, name, clock } = options;
  const of = `${namespace}/${name}`;
  if (until === 'end') {
    const parent = await readElastiService(kube, { namespace, name });
    await annotateElastiService(kube, parent, { [KEEP_AWAKE_ANNOTATION]: null, [SLEEP_ANNOTATION]: null });
    return done(`${of} may sleep again`, { namespace, name, keepAwakeUntil: null, isAlways: false });
  }
  const isAlways = until === 'always';
  // Whoever asked for sleep before has changed their mind; a switch that is off stays off.
  const isOff = await isSwitchedOff(kube, options);
  const annotations = isAlways
    ? { [SLEEP_ANNOTATION]: 'off' }
    : { [KEEP_AWAKE_ANNOTATION]: until.toISOString(), ...(isOff ? {} : { [SLEEP_ANNOTATION]: null }) };
  const also = isAlways
    ? `${of} is kept awake for good`
    : `${of} is kept awake until ${formatMoment(until.toISOString(), clock.now())}`;
  const outcome = await wake(kube, { ...options, annotations, also });
  const json = { ...(outcome.json as object), keepAwakeUntil: isAlways ? null : until.toISOString(), isAlways };
  return { ...outcome, json };
}

async function isSwitchedOff(
  kube: Kube,
  { namespace, name, clock }: Omit<KeepAwakeOptions, 'until'>,
): Promise<boolean> {
  const elastiService = parseElastiService(await readElastiService(kube, { namespace, name }));
  return !('invalid' in elastiService) && willOf(elastiService, clock.now()).kind === 'off';
}
