import { readyEndpoints } from '../../core/resources/resolver-slices.ts';
import { HOOK_DEPLOYMENT, type Installation } from '../kube/installation.ts';
import type { Kube } from '../kube/kube.ts';
import { countOf } from '../words.ts';
import { type Finding, findingsOf } from './finding.ts';

const hooks = findingsOf('hook-service');
const resolver = findingsOf('resolver');

/** Whether the hook service runs, at least twice. */
export function checkHookService({ namespace, deployment, fault }: Installation): Finding[] {
  const object = `Deployment ${namespace}/${HOOK_DEPLOYMENT}`;
  if (deployment === 'unreadable')
    return [hooks.unknown(object, 'you may not read it; its defaults are assumed below')];
  if (deployment === 'missing') {
    const why = 'nobody answers the hooks or takes wakes';
    const todo = 'kubectl apply -k manifests/default, or name its namespace with --elasti-namespace';
    return [hooks.problem({ object, what: 'it is missing', why, todo })];
  }
  const ready = deployment.status?.readyReplicas ?? 0;
  const findings = [judgeReady(object, ready)];
  if (fault !== undefined) {
    const why = 'the hook service does not start with it';
    findings.push(
      hooks.problem({ object, what: fault, why, todo: 'correct the variable, then restart the Deployment' }),
    );
  }
  return findings;
}

function judgeReady(object: string, ready: number): Finding {
  if (ready >= 2) return hooks.ok(object, `${countOf(ready, 'pod')} ready`);
  if (ready === 1) {
    const why = 'while its node drains, or it restarts, nobody takes wakes';
    return hooks.warning({ object, what: 'only one pod is ready', why, todo: 'run two or more' });
  }
  const why = 'nobody answers the hooks or takes wakes';
  return hooks.problem({ object, what: 'no pod is ready', why, todo: 'look at its pods and its log' });
}

/** Whether resolvers are ready to hold requests, at least two. */
export async function checkResolver({ cluster }: Kube, { settings }: Installation): Promise<Finding[]> {
  const { namespace, serviceName } = settings.resolver;
  const object = `Service ${namespace}/${serviceName}`;
  const slices = await cluster.listSlices(namespace, serviceName);
  const families = [...new Set(slices.map(({ addressType }) => addressType))];
  const counts = families.map((family) => {
    const ofFamily = slices.filter(({ addressType }) => addressType === family);
    return new Set(ofFamily.flatMap((slice) => readyEndpoints(slice).map(({ address }) => address))).size;
  });
  const ready = Math.max(0, ...counts);
  if (ready >= 2) return [resolver.ok(object, `${countOf(ready, 'resolver')} ready`)];
  if (ready === 1) {
    const why = 'when it goes, what sleeps is woken, and requests that come meanwhile are lost';
    return [resolver.warning({ object, what: 'only one resolver is ready', why, todo: 'run two or more' })];
  }
  const why = 'nothing falls asleep, and what sleeps is woken';
  return [resolver.problem({ object, what: 'no resolver is ready', why, todo: 'look at its pods and its log' })];
}
