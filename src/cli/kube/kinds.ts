import { z } from 'zod';
import { ObjectMeta, strings } from '../../api/kubernetes.ts';

// What commands read beside ElastiServices: the kinds, and of each only what is looked at.

export const DEPLOYMENTS = { apiVersion: 'apps/v1', plural: 'deployments' };
export const STATEFUL_SETS = { apiVersion: 'apps/v1', plural: 'statefulsets' };
export const ROLLOUTS = { apiVersion: 'argoproj.io/v1alpha1', plural: 'rollouts' };
export const SERVICES = { apiVersion: 'v1', plural: 'services' };
export const HPAS = { apiVersion: 'autoscaling/v2', plural: 'horizontalpodautoscalers' };
export const CRDS = { apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' };
export const COMPOSITE_CONTROLLERS = { apiVersion: 'metacontroller.k8s.io/v1alpha1', plural: 'compositecontrollers' };

const text = z.string().nullish();

const Container = z.looseObject({
  name: z.string(),
  image: text,
  args: z.array(z.string()).nullish(),
  command: z.array(z.string()).nullish(),
  ports: z.array(z.looseObject({ containerPort: z.number() })).nullish(),
  lifecycle: z.looseObject({ preStop: z.looseObject({}).nullish() }).nullish(),
  env: z.array(z.looseObject({ name: z.string(), value: text })).nullish(),
  envFrom: z
    .array(
      z.looseObject({
        configMapRef: z.looseObject({ name: z.string() }).nullish(),
        secretRef: z.looseObject({ name: z.string() }).nullish(),
      }),
    )
    .nullish(),
});
export type Container = z.infer<typeof Container>;

/** Deployment, StatefulSet or Rollout; a Rollout may name a Deployment in place of a template. */
export const Workload = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    replicas: z.number().nullish(),
    template: z
      .looseObject({
        spec: z.looseObject({ containers: z.array(Container), serviceAccountName: text }).nullish(),
      })
      .nullish(),
  }),
  status: z.looseObject({ readyReplicas: z.number().nullish() }).nullish(),
});
export type Workload = z.infer<typeof Workload>;

export const containersOf = ({ spec }: Workload): readonly Container[] => spec.template?.spec?.containers ?? [];

const TargetRef = z.looseObject({ kind: text, name: z.string(), apiVersion: text });

export const ScaledObject = z.looseObject({
  metadata: z.looseObject({ ...ObjectMeta.shape, annotations: strings.nullish() }),
  spec: z.looseObject({ scaleTargetRef: TargetRef, minReplicaCount: z.number().nullish() }),
});
export type ScaledObject = z.infer<typeof ScaledObject>;

export const Hpa = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({ scaleTargetRef: TargetRef, minReplicas: z.number().nullish() }),
});
export type Hpa = z.infer<typeof Hpa>;

export const Crd = z.looseObject({
  spec: z.looseObject({
    versions: z.array(
      z.looseObject({
        name: z.string(),
        served: z.boolean(),
        selectableFields: z.array(z.looseObject({ jsonPath: z.string() })).nullish(),
        schema: z.unknown(),
      }),
    ),
  }),
  status: z
    .looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).nullish() })
    .nullish(),
});
export type Crd = z.infer<typeof Crd>;

const Hook = z.looseObject({ version: text, webhook: z.looseObject({ url: text }).nullish() });
export const CompositeController = z.looseObject({
  metadata: z.looseObject({ ...ObjectMeta.shape, labels: strings.optional() }),
  spec: z.looseObject({
    parentResource: z.looseObject({
      apiVersion: z.string(),
      resource: z.string(),
      ignoreStatusChanges: z.boolean().nullish(),
    }),
    endpointConfigs: z.array(z.looseObject({ host: z.string(), authorization: z.looseObject({}).nullish() })).nullish(),
    hooks: z.looseObject({ sync: Hook.nullish(), finalize: Hook.nullish(), customize: Hook.nullish() }).nullish(),
  }),
});
export type CompositeController = z.infer<typeof CompositeController>;

/** An Event on an ElastiService. */
export const EventAnswer = z.looseObject({
  metadata: z.looseObject({ creationTimestamp: text }),
  type: text,
  reason: text,
  message: text,
  count: z.number().nullish(),
  lastTimestamp: text,
  eventTime: text,
});
export type EventAnswer = z.infer<typeof EventAnswer>;
