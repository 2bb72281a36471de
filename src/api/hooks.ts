import { z } from 'zod';
import { EndpointSlice, ObjectMeta, Service, strings } from './kubernetes.ts';

// Wire shapes of Metacontroller's hook version v2, as recorded from Metacontroller 4.17.

export const SERVICES = 'Service.v1';
export const SLICES = 'EndpointSlice.discovery.k8s.io/v1';

/** The parent as it comes; its spec is parsed apart, so that a bad one becomes a condition and not a failed hook. */
export const Parent = z.looseObject({
  metadata: z.looseObject({
    ...ObjectMeta.shape,
    namespace: z.string(),
    uid: z.string(),
    generation: z.number(),
    annotations: strings.optional(),
  }),
  spec: z.unknown(),
  status: z.unknown().optional(),
});
export type Parent = z.infer<typeof Parent>;

/** Objects by kind and then by `namespace/name`. A kind that is missing is unknown, not empty. */
export const ObjectGroups = z.looseObject({
  [SERVICES]: z.record(z.string(), Service).optional(),
  [SLICES]: z.record(z.string(), EndpointSlice).optional(),
});
export type ObjectGroups = z.infer<typeof ObjectGroups>;

/** Body of /sync and /finalize. */
export const SyncRequest = z.looseObject({
  parent: Parent,
  children: ObjectGroups,
  related: ObjectGroups,
  finalizing: z.boolean(),
});
export type SyncRequest = z.infer<typeof SyncRequest>;

/** Body of /customize. */
export const CustomizeRequest = z.looseObject({ parent: Parent });
export type CustomizeRequest = z.infer<typeof CustomizeRequest>;

/** A child as we emit it: only fields we own. */
export interface Child {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Answer to /sync. Metacontroller decodes it strictly: no further field may be in it. */
export interface SyncResponse {
  readonly status: Readonly<Record<string, unknown>>;
  readonly children: readonly Child[];
  readonly resyncAfterSeconds: number;
}

/** Answer to /finalize. */
export interface FinalizeResponse extends SyncResponse {
  readonly finalized: boolean;
}

export interface RelatedRule {
  readonly apiVersion: string;
  readonly resource: string;
  readonly namespace: string;
  readonly names?: readonly string[];
  readonly labelSelector?: {
    readonly matchLabels?: Readonly<Record<string, string>>;
    readonly matchExpressions?: readonly {
      readonly key: string;
      readonly operator: 'In';
      readonly values: readonly string[];
    }[];
  };
}

/** Answer to /customize. */
export interface CustomizeResponse {
  readonly relatedResources: readonly RelatedRule[];
}
