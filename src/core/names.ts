import { hash } from 'node:crypto';
import type { AddressType } from './types.ts';

const MAX_SERVICE_NAME = 63;
const MAX_SLICE_NAME = 253;

const hash10 = (serviceName: string) => hash('sha256', serviceName).slice(0, 10);

function boundedName(serviceName: string, around: { infix: string; suffix: string; maxLength: number }): string {
  const tail = `${around.infix}-${hash10(serviceName)}${around.suffix}`;
  const room = around.maxLength - 'elasti-'.length - tail.length;
  // A Service name never ends in '-', so that only a cut one loses any.
  return `elasti-${serviceName.slice(0, room).replace(/-+$/, '')}${tail}`;
}

/** Name of the private Service, at most 63 characters; the same as KubeElasti's wherever that one is valid. */
export function privateServiceName(serviceName: string): string {
  return boundedName(serviceName, { infix: '-pvt', suffix: '', maxLength: MAX_SERVICE_NAME });
}

/**
 * Name of a slice to the resolver, at most 253 characters. The Service's first family and first group of ports has
 * KubeElasti's name; `family` names a further family, `group` (from 0) a further group of ports.
 */
export function sliceName(serviceName: string, options: { family?: AddressType; group?: number } = {}): string {
  const family = options.family === undefined ? '' : `-${options.family.toLowerCase()}`;
  const group = options.group ? `-${options.group + 1}` : '';
  return boundedName(serviceName, {
    infix: '-endpointslice-to-resolver',
    suffix: `${family}${group}`,
    maxLength: MAX_SLICE_NAME,
  });
}
