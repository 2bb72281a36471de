import { parseElastiService, targetOf } from '../../core/observe.ts';
import { KubeApiError } from '../../errors.ts';
import { EXIT, saidBy } from '../cli-error.ts';
import { checkCompositeController } from '../doctor/composite-controller.ts';
import { checkCrds } from '../doctor/crds.ts';
import { type CheckName, type Finding, findingsOf, tellFindings } from '../doctor/finding.ts';
import { checkMetacontroller } from '../doctor/metacontroller.ts';
import { checkPrometheus } from '../doctor/prometheus.ts';
import { checkHookService, checkResolver } from '../doctor/readiness.ts';
import { checkHookRights, checkYourRights } from '../doctor/rights.ts';
import { checkServices } from '../doctor/services.ts';
import { listElastiServices } from '../kube/elastiservices.ts';
import { readInstallation } from '../kube/installation.ts';
import { CALL_TIMEOUT_MS, type Kube } from '../kube/kube.ts';
import type { Outcome } from './outcome.ts';

export interface DoctorOptions {
  /** Whose ElastiServices are looked at; undefined: all. */
  readonly namespace: string | undefined;
  readonly elastiNamespace: string;
  readonly now: Date;
}

/** Looks for everything that is known to go wrong; exit code 1 where something is. */
export async function doctor(kube: Kube, { namespace, elastiNamespace, now }: DoctorOptions): Promise<Outcome> {
  // Where nobody answers, that is all there is to say.
  await kube.cluster.ping({ timeoutMs: CALL_TIMEOUT_MS });
  const installation = await readInstallation(kube, elastiNamespace);
  const crds = await orUnknown('crds', 'CustomResourceDefinitions', () => checkCrds(kube));
  const isKindMissing = crds.some(({ level, object }) => level === 'problem' && object.includes('elastiservices'));
  const parents = isKindMissing ? [] : await listElastiServices(kube, namespace);
  const elastiServices = parents.flatMap((parent) => {
    const one = parseElastiService(parent);
    return 'invalid' in one ? [] : [one];
  });
  const uses = {
    rollouts: elastiServices.some((one) => targetOf(one).kind === 'Rollout'),
    keda: elastiServices.some(({ spec }) => spec.autoscaler?.type === 'keda'),
  };
  const rest = await Promise.all([
    orUnknown('metacontroller', 'Metacontroller', () => checkMetacontroller(kube)),
    orUnknown('composite-controller', 'CompositeController', () =>
      checkCompositeController(kube, installation, parents.length),
    ),
    checkHookService(installation),
    orUnknown('resolver', 'Resolver', () => checkResolver(kube, installation)),
    orUnknown('rights', 'ServiceAccount', () => checkHookRights(kube, installation, uses)),
    orUnknown('your-rights', 'You', () => checkYourRights(kube, namespace)),
    checkPrometheus(kube, installation, elastiServices),
    orUnknown('service', 'ElastiServices', () => checkServices(kube, parents, { installation, now })),
  ]);
  const findings = [...crds, ...rest.flat()];
  const isWrong = findings.some(({ level }) => level === 'problem');
  return { text: tellFindings(findings), json: { findings }, exitCode: isWrong ? EXIT.found : EXIT.done };
}

/** What may not be looked at, or is of a kind that is not there, cannot be told. */
async function orUnknown(check: CheckName, object: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof KubeApiError)) throw error;
    if (error.code !== 'FORBIDDEN' && error.code !== 'NOT_FOUND') throw error;
    return [findingsOf(check).unknown(object, `${error.message} (${saidBy(error)})`)];
  }
}
