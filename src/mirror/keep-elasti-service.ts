import { KEEP_AWAKE_ANNOTATION, NUDGE_ANNOTATION, SLEEP_ANNOTATION, WAKE_ANNOTATION } from '../api/elastiservice.ts';
import type { Parent } from '../api/hooks.ts';

const ANNOTATIONS = [WAKE_ANNOTATION, KEEP_AWAKE_ANNOTATION, SLEEP_ANNOTATION, NUDGE_ANNOTATION] as const;

/** An ElastiService without what others keep on it: most of one is the record of who wrote which field. */
export function keepElastiService({ metadata, spec, status }: Parent): object {
  const { name, namespace, uid, generation, creationTimestamp, deletionTimestamp, annotations } = metadata;
  const ours = ANNOTATIONS.flatMap((key) => {
    const value = annotations?.[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    metadata: {
      name,
      namespace,
      uid,
      generation,
      creationTimestamp,
      deletionTimestamp,
      annotations: Object.fromEntries(ours),
    },
    spec,
    status,
  };
}
