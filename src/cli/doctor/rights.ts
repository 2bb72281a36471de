import { z } from 'zod';
import { KubeApiError } from '../../errors.ts';
import { listPath } from '../../kube/paths.ts';
import { HOOK_DEPLOYMENT, type Installation, isWatching } from '../kube/installation.ts';
import type { Kube } from '../kube/kube.ts';
import { type Finding, findingsOf } from './finding.ts';

interface Right {
  readonly group: string;
  /** With its subresource: deployments/scale. */
  readonly resource: string;
  readonly verbs: readonly string[];
  /** What does not work without it. */
  readonly purpose: string;
}

const ELASTI = 'elasti.truefoundry.com';

const OF_HOOKS: readonly Right[] = [
  { group: ELASTI, resource: 'elastiservices', verbs: ['get', 'list', 'patch'], purpose: 'wakes cannot be recorded' },
  { group: 'apps', resource: 'deployments/scale', verbs: ['get', 'patch'], purpose: 'Deployments cannot be scaled' },
  { group: 'apps', resource: 'statefulsets/scale', verbs: ['get', 'patch'], purpose: 'StatefulSets cannot be scaled' },
  {
    group: 'discovery.k8s.io',
    resource: 'endpointslices',
    verbs: ['list'],
    purpose: 'no step to zero can be checked, so that none is made',
  },
  { group: '', resource: 'events', verbs: ['create'], purpose: 'nobody is told of what happens' },
];
const OF_ROLLOUTS: Right = {
  group: 'argoproj.io',
  resource: 'rollouts/scale',
  verbs: ['get', 'patch'],
  purpose: 'Rollouts cannot be scaled',
};
const OF_KEDA: Right = {
  group: 'keda.sh',
  resource: 'scaledobjects',
  verbs: ['get', 'patch'],
  purpose: 'ScaledObjects cannot be paused, so that their targets do not sleep',
};
const NOTHING_SEEN = 'the hook service does not see what it decides on, and never becomes ready';
const OF_WATCHING: readonly Right[] = [
  { group: ELASTI, resource: 'elastiservices', verbs: ['list', 'watch'], purpose: NOTHING_SEEN },
  { group: '', resource: 'services', verbs: ['get', 'list', 'watch'], purpose: NOTHING_SEEN },
  { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['list', 'watch'], purpose: NOTHING_SEEN },
];
const OF_YOU: readonly Right[] = [
  { group: ELASTI, resource: 'elastiservices', verbs: ['get', 'list'], purpose: 'status and why show nothing' },
  { group: ELASTI, resource: 'elastiservices', verbs: ['patch'], purpose: 'wake, sleep and keep-awake are refused' },
  { group: 'apps', resource: 'deployments/scale', verbs: ['get'], purpose: 'status shows no replicas' },
  { group: '', resource: 'events', verbs: ['list'], purpose: 'why shows no Events' },
  { group: '', resource: 'services/proxy', verbs: ['get'], purpose: 'why and doctor cannot ask Prometheus' },
];

const Review = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

/** Whether the hook service may do what it has to. */
export async function checkHookRights(
  kube: Kube,
  installation: Installation,
  uses: { readonly rollouts: boolean; readonly keda: boolean },
): Promise<Finding[]> {
  const { ok, unknown, problem } = findingsOf('rights');
  const { deployment, namespace, environment } = installation;
  const name = typeof deployment === 'string' ? undefined : deployment.spec.template?.spec?.serviceAccountName;
  const user = `system:serviceaccount:${namespace}:${name ?? HOOK_DEPLOYMENT}`;
  const object = `ServiceAccount ${namespace}/${name ?? HOOK_DEPLOYMENT}`;
  const rights = [
    ...OF_HOOKS,
    ...(isWatching(installation) ? OF_WATCHING : []),
    ...(uses.rollouts ? [OF_ROLLOUTS] : []),
    ...(uses.keda ? [OF_KEDA] : []),
  ];
  const watched = (environment.WATCH_NAMESPACES ?? '').split(',').flatMap((part) => part.trim() || []);
  try {
    const missing = await findMissing(rights, watched.length > 0 ? watched : [undefined], (right) =>
      review(kube, 'subjectaccessreviews', { user, resourceAttributes: right }),
    );
    if (missing.length === 0) return [ok(object, 'it has the rights that it needs')];
    const todo = `apply the roles of manifests/base/rbac.yaml${isWatching(installation) ? ' and manifests/many-services/rbac.yaml' : ''}`;
    return missing.map(({ what, purpose }) => problem({ object, what: `it may not ${what}`, why: purpose, todo }));
  } catch (error) {
    if (!(error instanceof KubeApiError) || error.code !== 'FORBIDDEN') throw error;
    return [unknown(object, 'you may not ask what others may do (create subjectaccessreviews)')];
  }
}

/** Whether you may do what the commands do, in a namespace or in all. */
export async function checkYourRights(kube: Kube, namespace: string | undefined): Promise<Finding[]> {
  const { ok, warning } = findingsOf('your-rights');
  const missing = await findMissing(OF_YOU, [namespace], (right) =>
    review(kube, 'selfsubjectaccessreviews', { resourceAttributes: right }),
  );
  if (missing.length === 0) return [ok('You', 'you have the rights that all commands need')];
  const todo = 'ask for the role edit in that namespace; services/proxy is in admin';
  return missing.map(({ what, purpose }) =>
    warning({ object: 'You', what: `you may not ${what}`, why: purpose, todo }),
  );
}

type ResourceAttributes = Readonly<Record<string, string>>;

async function findMissing(
  rights: readonly Right[],
  namespaces: readonly (string | undefined)[],
  isAllowed: (right: ResourceAttributes) => Promise<boolean>,
): Promise<{ readonly what: string; readonly purpose: string }[]> {
  const single = rights.flatMap((right) =>
    right.verbs.flatMap((verb) => namespaces.map((namespace) => ({ ...right, verb, namespace }))),
  );
  const found = await Promise.all(
    single.map(async ({ group, resource, verb, namespace, purpose }) => {
      const [plural = '', subresource] = resource.split('/');
      const isThere = await isAllowed({
        group,
        resource: plural,
        verb,
        ...(subresource === undefined ? {} : { subresource }),
        ...(namespace === undefined ? {} : { namespace }),
      });
      const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
      return isThere ? [] : [{ what: `${verb} ${resource} ${where}`, purpose }];
    }),
  );
  return found.flat();
}

async function review({ call }: Kube, plural: string, spec: object): Promise<boolean> {
  const apiVersion = 'authorization.k8s.io/v1';
  const kind = plural === 'subjectaccessreviews' ? 'SubjectAccessReview' : 'SelfSubjectAccessReview';
  const path = listPath({ apiVersion, plural });
  const request = { verb: 'create', resource: plural, what: kind, path, body: { apiVersion, kind, spec } } as const;
  return (await call(request, Review)).status.allowed;
}
