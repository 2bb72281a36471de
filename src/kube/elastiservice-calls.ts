import { NUDGE_ANNOTATION, WAKE_ANNOTATION } from '../api/elastiservice.ts';
import { Parent } from '../api/hooks.ts';
import type { ObjectRef } from '../api/kubernetes.ts';
import { isWatched, namespacesToAsk } from '../core/watched.ts';
import type { CallOptions, ClaimsCluster, Cluster, SightCluster } from '../effects/ports.ts';
import { KubeApiError } from '../errors.ts';
import { ParentListAnswer, UidListAnswer } from './answers.ts';
import { ApiServerAnswer, makeCallError, undefinedIfNotFound } from './kube-error.ts';
import { ELASTI_SERVICES, listPath, METADATA_ONLY, objectPath } from './paths.ts';
import type { Call } from './request.ts';

const PAGE_SIZE = '500';

type ElastiServiceCalls = Pick<Cluster, 'readElastiService' | 'listElastiServices' | 'writeWakeToken'> &
  Pick<SightCluster, 'writeNudge'> &
  Pick<ClaimsCluster, 'listElastiServiceUids'>;

/** Reads ElastiServices and writes their wake annotation. */
export function createElastiServiceCalls(call: Call, watchNamespaces: readonly string[]): ElastiServiceCalls {
  const resource = ELASTI_SERVICES.plural;

  const readPage = (namespace: string | undefined, query: Record<string, string>, options?: CallOptions) => {
    const what = `ElastiServices in ${namespace ?? 'all namespaces'}`;
    const path = listPath(ELASTI_SERVICES, namespace);
    return undefinedIfNotFound(call({ ...options, verb: 'list', resource, what, path, query }, ParentListAnswer));
  };

  const listIn = async (namespace: string | undefined, service: string | undefined, options?: CallOptions) => {
    const query = { limit: PAGE_SIZE, ...(service === undefined ? {} : { fieldSelector: `spec.service=${service}` }) };
    const parents: Parent[] = [];
    let page = await readPage(namespace, query, options);
    while (page) {
      parents.push(...page.items);
      if (!page.metadata.continue) break;
      page = await readPage(namespace, { ...query, continue: page.metadata.continue }, options);
    }
    return parents;
  };

  const listUidsIn = async (namespace: string | undefined, options?: CallOptions) => {
    const what = `uids of ElastiServices in ${namespace ?? 'all namespaces'}`;
    // Metadata alone is a fraction of what ten thousand ElastiServices are.
    const request = { ...options, verb: 'list', resource, what, accept: METADATA_ONLY.list } as const;
    const path = listPath(ELASTI_SERVICES, namespace);
    const uids: string[] = [];
    let query: Record<string, string> = { limit: PAGE_SIZE };
    for (;;) {
      const { items, metadata } = await call({ ...request, path, query }, UidListAnswer);
      for (const item of items ?? []) uids.push(item.metadata.uid);
      if (!metadata.continue) return uids;
      query = { ...query, continue: metadata.continue };
    }
  };

  const annotate = async (
    ref: ObjectRef & { readonly uid: string },
    { annotation, value }: { readonly annotation: string; readonly value: string },
    options?: CallOptions,
  ): Promise<Parent> => {
    const what = `annotation ${annotation} of ElastiService ${ref.namespace}/${ref.name}`;
    const path = objectPath(ELASTI_SERVICES, ref);
    const body = { metadata: { uid: ref.uid, annotations: { [annotation]: value } } };
    try {
      return await call({ ...options, verb: 'patch', resource, what, path, body }, Parent);
    } catch (error) {
      throw isOtherUid(error) ? makeCallError(`patch ${what}`, 'CONFLICT', error) : error;
    }
  };

  return {
    readElastiService: (ref, options) =>
      undefinedIfNotFound(
        call(
          {
            ...options,
            verb: 'get',
            resource,
            what: `ElastiService ${ref.namespace}/${ref.name}`,
            path: objectPath(ELASTI_SERVICES, ref),
          },
          Parent,
        ),
      ),

    // Each page may take as long as the options allow.
    listElastiServices: async ({ namespace, service }, options) => {
      if (namespace !== undefined)
        return isWatched(namespace, watchNamespaces) ? listIn(namespace, service, options) : [];
      return (await Promise.all(namespacesToAsk(watchNamespaces).map((name) => listIn(name, service, options)))).flat();
    },

    listElastiServiceUids: async (options) => {
      return new Set(
        (await Promise.all(namespacesToAsk(watchNamespaces).map((name) => listUidsIn(name, options)))).flat(),
      );
    },

    writeWakeToken: (ref, token, options) => annotate(ref, { annotation: WAKE_ANNOTATION, value: token }, options),
    writeNudge: (ref, value, options) => annotate(ref, { annotation: NUDGE_ANNOTATION, value }, options),
  };
}

/** To a patch with another object's uid the API server says 422, metadata.uid is immutable. */
function isOtherUid(error: unknown): boolean {
  if (!(error instanceof KubeApiError) || !(error.cause instanceof ApiServerAnswer)) return false;
  return error.code === 'INVALID' && error.cause.fields.includes('metadata.uid');
}
