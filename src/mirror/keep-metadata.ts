import type { ObjectMeta } from '../api/kubernetes.ts';

/** What decisions read of an object's metadata, with these labels; its name stands beside it. */
export function keepMetadata(metadata: ObjectMeta, labels?: object): object {
  const { uid, creationTimestamp, deletionTimestamp, ownerReferences } = metadata;
  const controller = ownerReferences?.find((owner) => owner.controller === true);
  return {
    uid,
    creationTimestamp,
    deletionTimestamp,
    labels,
    ownerReferences: controller && [
      { kind: controller.kind, name: controller.name, uid: controller.uid, controller: true },
    ],
  };
}
