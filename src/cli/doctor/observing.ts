import type { Installation } from '../kube/installation.ts';
import { containersOf } from '../kube/kinds.ts';
import { countOf } from '../words.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning } = findingsOf('observing');

/** Metacontroller matches each event of a related object against every ElastiService. */
const MOST_BY_METACONTROLLER = 1000;
const ADD = 'add the component manifests/many-services to your kustomization';

/** Whether the hook service is told to watch the cluster itself; otherwise Metacontroller tells it what there is. */
export const isWatching = ({ environment }: Pick<Installation, 'environment'>): boolean =>
  environment.OBSERVE_BY === 'watch';

/** Whether the cluster is observed in a way that bears so many ElastiServices. */
export function checkObserving(installation: Installation, elastiServices: number): Finding[] {
  const object = 'ElastiServices';
  if (isWatching(installation)) {
    return [
      ok(object, `the hook service itself watches what concerns them: ${elastiServices}`),
      ...judgeAddress(installation),
    ];
  }
  if (elastiServices <= MOST_BY_METACONTROLLER) {
    return [ok(object, `Metacontroller observes what concerns them: ${elastiServices}`)];
  }
  const what = `there are ${countOf(elastiServices, 'ElastiService')}, and Metacontroller observes what concerns them`;
  const why = `it matches each event against every one of them: beyond ${MOST_BY_METACONTROLLER} what happens is heard of late`;
  return [warning({ object, what, why, todo: ADD })];
}

/** Replicas share the ElastiServices by their addresses, which each takes from its environment. */
function judgeAddress({ namespace, deployment, environment }: Installation): Finding[] {
  if (typeof deployment === 'string') return [];
  const isKnown =
    environment.POD_IP !== undefined ||
    containersOf(deployment).some(({ env }) => env?.some(({ name }) => name === 'POD_IP'));
  if (isKnown) return [];
  const object = `Deployment ${namespace}/${deployment.metadata.name}`;
  const why = 'each replica looks after all ElastiServices, and asks Prometheus about all';
  return [warning({ object, what: 'its pods are not told their address (POD_IP)', why, todo: ADD })];
}
