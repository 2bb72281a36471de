import type { KubeApi } from '../cluster/api.ts';
import { urlOf } from '../cluster/kube-object.ts';
import type { AuditedCall } from './audit.ts';

interface Binding {
  readonly metadata: { readonly namespace?: string };
  readonly roleRef: { readonly kind: 'ClusterRole' | 'Role'; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

interface Role {
  readonly rules?: readonly {
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

const RBAC = 'rbac.authorization.k8s.io/v1';

/** All that is granted to a service account by name: of each rule, an entry for each verb and resource, `patch apps/deployments/scale`. */
export async function readRules(api: KubeApi, user: string): Promise<readonly (readonly string[])[]> {
  const [, , namespace, name] = user.split(':');
  const bindings = await Promise.all(
    ['clusterrolebindings', 'rolebindings'].map((kind) =>
      api.call<{ items: readonly Binding[] }>('GET', urlOf(`${RBAC}/${kind}`)),
    ),
  );
  const ours = bindings
    .flatMap(({ items }) => items)
    .filter(({ subjects }) => subjects?.some((subject) => subject.name === name && subject.namespace === namespace));
  const roles = await Promise.all(
    ours.map(({ metadata, roleRef }) =>
      roleRef.kind === 'Role'
        ? api.call<Role>('GET', urlOf(`${RBAC}/roles`, metadata.namespace, roleRef.name))
        : api.call<Role>('GET', urlOf(`${RBAC}/clusterroles`, undefined, roleRef.name)),
    ),
  );
  return roles.flatMap(({ rules = [] }) =>
    rules.map(({ apiGroups = [], resources = [], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group === '' ? '' : `${group}/`}${resource}`)),
      ),
    ),
  );
}

/** The rights without which these calls would have been refused. */
export function rightsUsed(calls: readonly AuditedCall[]): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { verb, objectRef, responseStatus } of calls) {
    if (!objectRef || responseStatus?.code === 403) continue;
    const { apiGroup, resource, subresource } = objectRef;
    const what = [apiGroup, resource, subresource].filter(Boolean).join('/');
    used.add(`${verb} ${what}`);
    // An apply that makes what it applies asks for both.
    if (verb === 'patch' && responseStatus?.code === 201) used.add(`create ${what}`);
  }
  return used;
}
