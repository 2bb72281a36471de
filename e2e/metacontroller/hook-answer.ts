import { z } from 'zod';
import { findDuplicateKey } from './duplicate-key.ts';
import type { KubeObject } from './kube-object.ts';

// Metacontroller 4.17 decodes v2 answers strictly: an unknown, misspelt or repeated key fails the sync; null is "absent".
const selectorSchema = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).nullish(),
  matchExpressions: z
    .array(z.strictObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() }))
    .nullish(),
});

const relatedRuleSchema = z.strictObject({
  apiVersion: z.string(),
  resource: z.string(),
  labelSelector: selectorSchema.nullish(),
  namespaceSelector: selectorSchema.nullish(),
  namespace: z.string().nullish(),
  names: z.array(z.string()).nullish(),
});

const customizeAnswerSchema = z.strictObject({ relatedResources: z.array(relatedRuleSchema).nullish() });

const syncAnswerSchema = z.strictObject({
  status: z.record(z.string(), z.unknown()).nullish(),
  children: z.array(z.unknown()).nullish(),
  resyncAfterSeconds: z.number().nullish(),
  finalized: z.boolean().nullish(),
});

export type RelatedRule = z.infer<typeof relatedRuleSchema>;

export interface SyncAnswer {
  readonly status: Record<string, unknown>;
  readonly children: readonly KubeObject[];
  readonly resyncAfterSeconds: number;
  readonly finalized: boolean;
}

/** A null child is a nil pointer to the real Metacontroller, whose whole process dies of it. */
export class NullChildError extends Error {}

export function parseSyncAnswer(body: string): SyncAnswer {
  const answer = decode(body, syncAnswerSchema);
  return {
    status: answer?.status ?? {},
    children: (answer?.children ?? []).map(parseChild),
    resyncAfterSeconds: answer?.resyncAfterSeconds ?? 0,
    finalized: answer?.finalized ?? false,
  };
}

export function parseCustomizeAnswer(body: string): readonly RelatedRule[] {
  return decode(body, customizeAnswerSchema)?.relatedResources ?? [];
}

function decode<T>(body: string, schema: z.ZodType<T>): T | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new Error(`can't decode the answer: ${(error as Error).message}`, { cause: error });
  }
  const duplicate = findDuplicateKey(body);
  if (duplicate !== undefined) throw new Error(`strict decoding of the answer failed: duplicate field "${duplicate}"`);
  const result = schema.nullable().safeParse(value);
  if (!result.success) throw new Error(`strict decoding of the answer failed: ${z.prettifyError(result.error)}`);
  return result.data;
}

function parseChild(child: unknown, index: number): KubeObject {
  if (child === null) throw new NullChildError(`children[${index}] is null`);
  if (typeof child !== 'object' || Array.isArray(child)) throw new Error(`children[${index}] is not an object`);
  const object = child as Partial<KubeObject>;
  if (typeof object.kind !== 'string' || object.kind === '') throw new Error(`children[${index}] has no kind`);
  const labels = object.metadata?.labels;
  if (labels !== undefined && !isStringMap(labels)) {
    throw new Error(`invalid labels on desired child ${object.kind} ${object.metadata?.name}`);
  }
  return {
    ...object,
    apiVersion: object.apiVersion ?? '',
    kind: object.kind,
    metadata: object.metadata ?? { name: '' },
  };
}

function isStringMap(value: unknown): boolean {
  return (
    value !== null && typeof value === 'object' && Object.values(value).every((inner) => typeof inner === 'string')
  );
}
