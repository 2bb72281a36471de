import { z } from 'zod';
import { Service } from '../api/kubernetes.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../core/resources/resolver-slices.ts';
import { namespacesToAsk } from '../core/watched.ts';
import type { CallOptions, ClaimsCluster, Clock, Cluster, SightCluster } from '../effects/ports.ts';
import { KubeApiError } from '../errors.ts';
import { SecretAnswer, SliceListAnswer } from './answers.ts';
import { createConfigMapCalls } from './config-map-calls.ts';
import { createConnect } from './connection.ts';
import { createElastiServiceCalls } from './elastiservice-calls.ts';
import type { KubeAccess } from './in-cluster.ts';
import { ApiServerAnswer, undefinedIfNotFound } from './kube-error.ts';
import { makeEvent } from './make-event.ts';
import { EVENTS, listPath, objectPath, SECRETS, SERVICES, SLICES } from './paths.ts';
import { createCall, type OnCall } from './request.ts';
import { createScaleCalls } from './scale-calls.ts';
import { createScaledObjectCalls } from './scaled-object-calls.ts';

export interface ClusterDeps {
  readonly kubeConfig: KubeAccess;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly onCall?: OnCall;
}

/** The Kubernetes API, as far as the effects need it. */
export function createCluster({
  kubeConfig,
  watchNamespaces,
  clock,
  onCall,
}: ClusterDeps): Cluster & ClaimsCluster & SightCluster {
  const connect = createConnect(kubeConfig, clock.monotonicMs);
  const call = createCall({ connect, monotonicMs: clock.monotonicMs, onCall });

  const listSlices = async (request: CallOptions & { what: string; path: string; query: Record<string, string> }) =>
    (await call({ ...request, verb: 'list', resource: SLICES.plural }, SliceListAnswer)).items;

  return {
    ...createScaleCalls(call),
    ...createElastiServiceCalls(call, watchNamespaces),
    ...createScaledObjectCalls(call),
    ...createConfigMapCalls(call),

    listSlices: (namespace, serviceName, options) =>
      listSlices({
        ...options,
        what: `EndpointSlices of Service ${namespace}/${serviceName}`,
        path: listPath(SLICES, namespace),
        query: { labelSelector: `${SERVICE_NAME_LABEL}=${serviceName}` },
      }),

    listOwnSlices: async (options) => {
      const query = { labelSelector: `${MANAGED_BY_LABEL}=${MANAGED_BY}` };
      const what = 'EndpointSlices of ours';
      const lists = namespacesToAsk(watchNamespaces).map((name) =>
        listSlices({ ...options, what, path: listPath(SLICES, name), query }),
      );
      return (await Promise.all(lists)).flat();
    },

    readService: (ref, options) =>
      undefinedIfNotFound(
        call(
          {
            ...options,
            verb: 'get',
            resource: SERVICES.plural,
            what: `Service ${ref.namespace}/${ref.name}`,
            path: objectPath(SERVICES, ref),
          },
          Service,
        ),
      ),

    createEvent: async (event, options) => {
      const { namespace, name } = event.regarding;
      const body = makeEvent(event, clock.now());
      const what = `Event for ElastiService ${namespace}/${name}`;
      const path = listPath(EVENTS, namespace);
      try {
        await call({ ...options, verb: 'create', resource: EVENTS.plural, what, path, body }, z.unknown());
      } catch (error) {
        if (!isNeedlessEvent(error)) throw error;
      }
    },

    readSecretKey: async (ref, options) => {
      const what = `Secret ${ref.namespace}/${ref.name}`;
      const path = objectPath(SECRETS, ref);
      const secret = await undefinedIfNotFound(
        call({ ...options, verb: 'get', resource: SECRETS.plural, what, path }, SecretAnswer),
      );
      const value = secret?.data?.[ref.key];
      return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
    },

    ping: async (options) => {
      const what = 'version of the API server';
      try {
        await call({ ...options, verb: 'get', resource: 'version', what, path: '/version' }, z.unknown());
      } catch (error) {
        // Clusters may keep the version from us; whoever refuses has answered.
        if (!(error instanceof KubeApiError && error.status === 403)) throw error;
      }
    },
  };
}

/** It is there already, or its namespace is being deleted. */
function isNeedlessEvent(error: unknown): boolean {
  if (!(error instanceof KubeApiError)) return false;
  if (error.code === 'CONFLICT') return true;
  return error.cause instanceof ApiServerAnswer && error.cause.reasons.includes('NamespaceTerminating');
}
