import { z } from 'zod';

export const strings = z.record(z.string(), z.string());

/** metadata as the API server sends it: only what we read is checked, the rest passes. */
export const ObjectMeta = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  generation: z.number().optional(),
  resourceVersion: z.string().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: strings.optional(),
  ownerReferences: z
    .array(z.looseObject({ kind: z.string(), name: z.string(), uid: z.string(), controller: z.boolean().optional() }))
    .optional(),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

export const ServicePort = z.looseObject({
  name: z.string().optional(),
  port: z.number(),
  protocol: z.string().optional(),
  targetPort: z.union([z.number(), z.string()]).optional(),
  appProtocol: z.string().optional(),
});
export type ServicePort = z.infer<typeof ServicePort>;

export const Service = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    type: z.string().optional(),
    clusterIP: z.string().optional(),
    ipFamilies: z.array(z.string()).optional(),
    selector: strings.optional(),
    ports: z.array(ServicePort).optional(),
    publishNotReadyAddresses: z.boolean().optional(),
    internalTrafficPolicy: z.string().optional(),
    externalTrafficPolicy: z.string().optional(),
  }),
});
export type Service = z.infer<typeof Service>;

export const Endpoint = z.looseObject({
  addresses: z.array(z.string()),
  conditions: z
    .looseObject({
      ready: z.boolean().nullish(),
      serving: z.boolean().nullish(),
      terminating: z.boolean().nullish(),
    })
    .optional(),
  nodeName: z.string().optional(),
  zone: z.string().optional(),
  /** The pod behind it. */
  targetRef: z.looseObject({ uid: z.string().optional() }).optional(),
});
export type Endpoint = z.infer<typeof Endpoint>;

export const EndpointSlice = z.looseObject({
  metadata: ObjectMeta,
  addressType: z.string(),
  endpoints: z.array(Endpoint).nullish(),
  ports: z
    .array(
      z.looseObject({
        name: z.string().nullish(),
        port: z.number().nullish(),
        protocol: z.string().nullish(),
        appProtocol: z.string().nullish(),
      }),
    )
    .nullish(),
});
export type EndpointSlice = z.infer<typeof EndpointSlice>;

/** A workload with a scale subresource, by its canonical kind. */
export interface Target {
  readonly namespace: string;
  readonly apiVersion: 'apps/v1' | 'argoproj.io/v1alpha1';
  readonly kind: 'Deployment' | 'StatefulSet' | 'Rollout';
  readonly name: string;
}

/** What `/scale` says: the wanted replicas (`spec.replicas`), never `status.replicas`, which trails behind. */
export interface Scale {
  readonly replicas: number;
  readonly resourceVersion: string;
}

export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
}
