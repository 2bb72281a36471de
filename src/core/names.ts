import { hash } from 'node:crypto';
import { createRecent } from './recent.ts';
import type { AddressType } from './types.ts';

const MAX_SERVICE_NAME = 63;
const MAX_SLICE_NAME = 253;

const HASH_LENGTH = 10;
// A sync, or a look, asks for the same few names again and again.
const hashes = createRecent<string>(500);

function hashOf(serviceName: string): string {
  const known = hashes.get(serviceName);
  if (known !== undefined) return known;
  const made = hash('sha256', serviceName).slice(0, HASH_LENGTH);
  hashes.set(serviceName, made);
  return made;
}

interface Around {
  readonly infix: string;
  readonly hash: string;
  readonly suffix: string;
  readonly maxLength: number;
}

function boundedName(serviceName: string, around: Around): string {
  const tail = `${around.infix}-${around.hash}${around.suffix}`;
  const room = around.maxLength - 'elasti-'.length - tail.length;
  // A Service name never ends in '-', so that only a cut one loses any.
  return `elasti-${serviceName.slice(0, room).replace(/-+$/, '')}${tail}`;
}

/** Name of the private Service, at most 63 characters; the same as KubeElasti's wherever that one is valid. */
export function privateServiceName(serviceName: string): string {
  return boundedName(serviceName, {
    infix: '-pvt',
    hash: hashOf(serviceName),
    suffix: '',
    maxLength: MAX_SERVICE_NAME,
  });
}

/**
 * Name of a slice to the resolver, at most 253 characters. The Service's first family and first group of ports has
 * KubeElasti's name; `family` names a further family, `group` (from 0) a further group of ports. Who has the private
 * Service's name at hand gives it, which saves hashing the Service's once more.
 */
export function sliceName(
  serviceName: string,
  options: { readonly family?: AddressType; readonly group?: number; readonly privateService?: string } = {},
): string {
  const family = options.family === undefined ? '' : `-${options.family.toLowerCase()}`;
  const group = options.group ? `-${options.group + 1}` : '';
  return boundedName(serviceName, {
    infix: '-endpointslice-to-resolver',
    hash: options.privateService?.slice(-HASH_LENGTH) ?? hashOf(serviceName),
    suffix: `${family}${group}`,
    maxLength: MAX_SLICE_NAME,
  });
}
