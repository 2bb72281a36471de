import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Clock, Cluster } from '../../effects/ports.ts';
import { createConnect } from '../../kube/connection.ts';
import { createCluster } from '../../kube/create-cluster.ts';
import { undefinedIfNotFound } from '../../kube/kube-error.ts';
import { listPath, objectPath } from '../../kube/paths.ts';
import { type Call, createCall } from '../../kube/request.ts';

export interface Kind {
  readonly apiVersion: string;
  readonly plural: string;
}

/** One object; without a namespace one of the cluster as a whole. */
export interface Ref {
  readonly namespace?: string;
  readonly name: string;
}

/** The cluster as a person with a kubeconfig sees it. Every function throws KubeApiError when a call fails. */
export interface Kube {
  /** The namespace of the kubeconfig's context. */
  readonly namespace: string;
  readonly cluster: Cluster;
  readonly call: Call;
  /** undefined where the object, or its whole kind, does not exist. */
  read<T>(kind: Kind, ref: Ref, schema: z.ZodType<T>): Promise<T | undefined>;
  /** All pages; without a namespace of all namespaces. */
  list<T>(
    kind: Kind,
    where: { readonly namespace?: string | undefined; readonly query?: Readonly<Record<string, string>> },
    schema: z.ZodType<T>,
  ): Promise<T[]>;
}

/** A person waits, and a credential plug-in may have to log in first. */
export const CALL_TIMEOUT_MS = 15_000;
const PAGE_SIZE = '500';

/** Opens the API of the kubeconfig's current context. */
export function createKube(kubeConfig: KubeConfig, clock: Pick<Clock, 'now' | 'monotonicMs'>): Kube {
  const { monotonicMs } = clock;
  const patient = createCall({ connect: createConnect(kubeConfig, monotonicMs), monotonicMs });
  const call: Call = (request, schema) => patient({ timeoutMs: CALL_TIMEOUT_MS, ...request }, schema);
  return {
    namespace: kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace ?? 'default',
    cluster: createCluster({ kubeConfig, watchNamespaces: [], clock }),
    call,
    read: (kind, { namespace, name }, schema) => {
      const path =
        namespace === undefined
          ? `${listPath(kind)}/${encodeURIComponent(name)}`
          : objectPath(kind, { namespace, name });
      const what = `${kind.plural} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
      return undefinedIfNotFound(call({ verb: 'get', resource: kind.plural, what, path }, schema));
    },
    list: async (kind, { namespace, query }, schema) => {
      const page = z.looseObject({
        metadata: z.looseObject({ continue: z.string().optional() }).optional(),
        items: z.array(schema).nullable(),
      });
      const what = `${kind.plural} in ${namespace === undefined ? 'all namespaces' : `namespace ${namespace}`}`;
      const request = { verb: 'list', resource: kind.plural, what, path: listPath(kind, namespace) } as const;
      const items: z.infer<typeof schema>[] = [];
      for (let next: string | undefined = ''; next !== undefined; ) {
        const token: Record<string, string> = next === '' ? {} : { continue: next };
        const answer: z.infer<typeof page> = await call(
          { ...request, query: { limit: PAGE_SIZE, ...query, ...token } },
          page,
        );
        items.push(...(answer.items ?? []));
        next = answer.metadata?.continue || undefined;
      }
      return items;
    },
  };
}
