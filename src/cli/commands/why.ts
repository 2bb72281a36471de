import type { ObjectRef } from '../../api/kubernetes.ts';
import { parseElastiService } from '../../core/observe.ts';
import { willOf } from '../../core/will.ts';
import { adviceFor } from '../explain/advice.ts';
import { readEvents } from '../explain/events.ts';
import { explain } from '../explain/explanation.ts';
import { nextOf } from '../explain/next.ts';
import { tell } from '../explain/sentences.ts';
import { readTriggers } from '../explain/triggers.ts';
import { readElastiService } from '../kube/elastiservices.ts';
import { readInstallation } from '../kube/installation.ts';
import type { Kube } from '../kube/kube.ts';
import { done, type Outcome } from './outcome.ts';
import { readReplicas } from './status.ts';

export interface WhyOptions extends ObjectRef {
  readonly elastiNamespace: string;
  readonly now: Date;
}

/** Why one ElastiService is as it is, what it waits for, and what a person can do about it. */
export async function why(kube: Kube, { namespace, name, elastiNamespace, now }: WhyOptions): Promise<Outcome> {
  const [parent, installation] = await Promise.all([
    readElastiService(kube, { namespace, name }),
    readInstallation(kube, elastiNamespace),
  ]);
  const elastiService = parseElastiService(parent);
  if ('invalid' in elastiService) {
    const todo = adviceFor('InvalidSpec');
    const text = `${namespace}/${name} has a spec that cannot be read: ${elastiService.invalid}. Everything stays as it is. To do: ${todo}.`;
    return done(text, { namespace, name, decision: { reason: 'InvalidSpec', message: elastiService.invalid } });
  }
  const [replicas, triggers, events] = await Promise.all([
    readReplicas(kube, elastiService),
    readTriggers(kube, elastiService, installation),
    readEvents(kube, { namespace, name }),
  ]);
  const next = nextOf(elastiService, { settings: installation.settings, now });
  const explanation = explain(elastiService, { will: willOf(elastiService, now), next, replicas, triggers, events });
  return done(tell(explanation, now), explanation);
}
