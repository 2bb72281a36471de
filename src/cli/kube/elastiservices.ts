import { PLURAL } from '../../api/elastiservice.ts';
import { Parent } from '../../api/hooks.ts';
import type { ObjectRef } from '../../api/kubernetes.ts';
import { KubeApiError } from '../../errors.ts';
import { ELASTI_SERVICES, objectPath } from '../../kube/paths.ts';
import { CliError, EXIT, isObjectMissing } from '../cli-error.ts';
import type { Kube } from './kube.ts';

const NOT_INSTALLED = `the cluster has no ElastiServices: its CustomResourceDefinition is missing (kubectl apply -k manifests/default)`;

/** One ElastiService, live; CliError where it, or its kind, does not exist. */
export async function readElastiService({ call }: Kube, ref: ObjectRef): Promise<Parent> {
  const what = `ElastiService ${ref.namespace}/${ref.name}`;
  try {
    return await call({ verb: 'get', resource: PLURAL, what, path: objectPath(ELASTI_SERVICES, ref) }, Parent);
  } catch (error) {
    if (!(error instanceof KubeApiError) || error.code !== 'NOT_FOUND') throw error;
    if (!isObjectMissing(error)) throw new CliError(EXIT.notFound, NOT_INSTALLED, { cause: error });
    throw new CliError(EXIT.notFound, `there is no ${what}`, { cause: error });
  }
}

/** The ElastiServices of a namespace, or of all, by namespace and name; CliError where the kind does not exist. */
export async function listElastiServices(kube: Kube, namespace: string | undefined): Promise<Parent[]> {
  try {
    const parents = await kube.list(ELASTI_SERVICES, { namespace }, Parent);
    return parents.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  } catch (error) {
    const isKindMissing = error instanceof KubeApiError && error.code === 'NOT_FOUND';
    throw isKindMissing ? new CliError(EXIT.notFound, NOT_INSTALLED, { cause: error }) : error;
  }
}

// A space sorts before everything that a name may hold.
const keyOf = ({ metadata }: Parent): string => `${metadata.namespace} ${metadata.name}`;

/** Sets annotations (null removes one) and gives the ElastiService as it is then. */
export function annotateElastiService(
  { call }: Kube,
  { metadata }: Parent,
  annotations: Readonly<Record<string, string | null>>,
): Promise<Parent> {
  const { namespace, name, uid } = metadata;
  return call(
    {
      verb: 'patch',
      resource: PLURAL,
      what: `annotations of ElastiService ${namespace}/${name}`,
      path: objectPath(ELASTI_SERVICES, { namespace, name }),
      // With its uid, so that one which was made anew meanwhile is not meant.
      body: { metadata: { uid, annotations } },
    },
    Parent,
  );
}
