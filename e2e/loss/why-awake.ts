import { urlOf } from '../cluster/kube-object.ts';
import { ELASTI_SERVICES, type ElastiServiceObject } from '../stage/objects.ts';
import type { FaultWorld } from './faults/fault.ts';
import type { Site } from './site.ts';

/** What is seen of a site that did not fall asleep, and what its ElastiService says. */
export async function tellWhyAwake({ environment, witness }: FaultWorld, site: Site): Promise<string> {
  const path = urlOf(ELASTI_SERVICES, site.namespace, site.name);
  const { metadata, status } = await environment.api.call<ElastiServiceObject>('GET', path);
  return JSON.stringify({ seen: witness.view(site), created: metadata.creationTimestamp, status });
}
