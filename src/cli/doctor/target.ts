import type { Target } from '../../api/kubernetes.ts';
import { targetOf } from '../../core/observe.ts';
import type { ElastiService } from '../../core/types.ts';
import { containersOf } from '../kube/kinds.ts';
import { type Finding, findingsOf } from './finding.ts';
import type { NamespaceObjects } from './namespace-objects.ts';

/** Autoscalers on the target that would fight with its sleep. */
export function checkAutoscalers(elastiService: ElastiService, { scaledObjects, hpas }: NamespaceObjects): Finding[] {
  const { unknown, problem, warning } = findingsOf('autoscaler');
  const object = nameOf(elastiService);
  const { autoscaler } = elastiService.spec;
  const target = targetOf(elastiService);
  const isOnTarget = ({ spec }: { readonly spec: { readonly scaleTargetRef: TargetRef } }) =>
    spec.scaleTargetRef.name === target.name && (spec.scaleTargetRef.kind ?? 'Deployment') === target.kind;
  if (scaledObjects === undefined || hpas === undefined) {
    return [unknown(object, 'you may not list ScaledObjects or HorizontalPodAutoscalers there')];
  }
  const strangers = scaledObjects
    .filter(isOnTarget)
    .filter(({ metadata }) => autoscaler?.type !== 'keda' || metadata.name !== autoscaler.name)
    .map(({ metadata: { name } }) =>
      problem({
        object,
        what: `ScaledObject ${name} scales ${target.kind} ${target.name} too, and spec.autoscaler does not name it`,
        why: 'KEDA raises the target again while it sleeps, or scales it to 0 with nobody to hold its requests',
        todo: `set spec.autoscaler to {type: keda, name: ${name}}`,
      }),
    );
  // KEDA keeps one for each ScaledObject.
  const own = hpas.filter(({ metadata }) => !metadata.ownerReferences?.some(({ kind }) => kind === 'ScaledObject'));
  const toZero = own
    .filter((hpa) => isOnTarget(hpa) && hpa.spec.minReplicas === 0)
    .map(({ metadata: { name } }) =>
      problem({
        object,
        what: `HorizontalPodAutoscaler ${name} may scale ${target.kind} ${target.name} to 0 by itself`,
        why: 'it does so with nobody to hold the requests that come then',
        todo: 'set its minReplicas to 1 or more',
      }),
    );
  const isNameless = autoscaler?.type === 'hpa' && !own.some(({ metadata }) => metadata.name === autoscaler.name);
  const nameless = isNameless
    ? [
        warning({
          object,
          what: `spec.autoscaler names HorizontalPodAutoscaler ${autoscaler.name}, which does not exist`,
          why: 'nothing scales the target above the replicas that a wake raises it to',
          todo: 'correct the name, or remove spec.autoscaler',
        }),
      ]
    : [];
  return [...strangers, ...toZero, ...nameless];
}

interface TargetRef {
  readonly kind?: string | null | undefined;
  readonly name: string;
}

/** Containers of the target that end the moment they are told to, while connections still come. */
export function checkPreStop(elastiService: ElastiService, { workloads }: NamespaceObjects): Finding[] {
  const { warning } = findingsOf('pre-stop');
  const target: Target = targetOf(elastiService);
  const workload = workloads[target.kind]?.find(({ metadata }) => metadata.name === target.name);
  if (workload === undefined) return [];
  const containers = containersOf(workload);
  const serving = containers.filter(({ ports }) => (ports ?? []).length > 0);
  const hasty = (serving.length > 0 ? serving : containers).filter(({ lifecycle }) => lifecycle?.preStop == null);
  if (hasty.length === 0) return [];
  const names = hasty.map(({ name }) => name).join(', ');
  return [
    warning({
      object: nameOf(elastiService),
      what: `${target.kind} ${target.name} has no preStop hook in ${names}`,
      why: 'a pod that closes its listener at SIGTERM loses connections that kube-proxy still sends it, for about a second',
      todo: 'add lifecycle: {preStop: {sleep: {seconds: 2}}} to the container',
    }),
  ];
}

/** An ElastiService as findings name it. */
export const nameOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `ElastiService ${namespace}/${name}`;
