import { hash } from 'node:crypto';
import type { Child, Parent } from '../../api/hooks.ts';
import { isPrivateServiceCurrent } from '../../core/resources/private-service.ts';
import { isSliceCurrent } from '../../core/resources/resolver-slices.ts';
import { isSame } from '../../core/resources/same.ts';
import type { Facts, SyncResult } from '../../core/types.ts';

/** What of an answer is not so yet, times apart: the same again is the same; undefined: all is so. */
export function differenceOf(
  parent: Parent,
  facts: Facts,
  { status, children, scalePatches }: SyncResult,
): string | undefined {
  const isStatusSame = isSame(JSON.parse(JSON.stringify(status)), parent.status);
  if (scalePatches.length === 0 && isStatusSame && areChildrenSame(facts, children)) return undefined;
  const kinds = scalePatches.map(({ kind }) => kind);
  return hash('sha1', JSON.stringify([status, children, kinds]).replace(TIMES, ''), 'base64').slice(0, 12);
}

const TIMES = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

function areChildrenSame({ privateService, slices }: Facts, children: readonly Child[]): boolean {
  const observed = slices.size + (privateService === undefined ? 0 : 1);
  if (children.length !== observed) return false;
  return children.every((child) =>
    child.kind === 'Service'
      ? isPrivateServiceCurrent(privateService, child)
      : isSliceCurrent(slices.get(child.metadata.name), child),
  );
}
