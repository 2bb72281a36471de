import { z } from 'zod';
import { Parent } from '../api/hooks.ts';
import { EndpointSlice } from '../api/kubernetes.ts';

// What the API server sends, as far as we read it.

// An empty resourceVersion would make the next write an unguarded one.
const Version = z.string().min(1);

export const ScaleAnswer = z.looseObject({
  metadata: z.looseObject({ resourceVersion: Version }),
  // 0 is left out on the wire
  spec: z.looseObject({ replicas: z.int().optional() }).optional(),
});

const ListMetadata = z.looseObject({ continue: z.string().optional() });
export const ParentListAnswer = z.looseObject({ metadata: ListMetadata, items: z.array(Parent) });
export const SliceListAnswer = z.looseObject({ metadata: ListMetadata, items: z.array(EndpointSlice) });

export const ScaledObjectAnswer = z.looseObject({
  metadata: z.looseObject({
    resourceVersion: Version,
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z.looseObject({ minReplicaCount: z.int().nullish() }).optional(),
});

export const VersionAnswer = z.looseObject({ metadata: z.looseObject({ resourceVersion: Version }) });

export const ConfigMapAnswer = VersionAnswer.extend({
  data: z.record(z.string(), z.string()).nullish(),
});

/** Objects without anything but their metadata. */
export const UidListAnswer = z.looseObject({
  metadata: ListMetadata,
  // An empty list of metadata comes as null.
  items: z.array(z.looseObject({ metadata: z.looseObject({ uid: z.string() }) })).nullable(),
});

export const SecretAnswer = z.looseObject({ data: z.record(z.string(), z.string()).nullish() });
