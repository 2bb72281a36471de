import type { LookupAddress, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isForbiddenHost } from './address-guard.ts';
import { SendError } from './send-error.ts';

/**
 * A look-up that fails where a name resolves to an address that must not be asked. The addresses it gives are the ones
 * connected to, so a name cannot resolve to another between check and use.
 */
export function guardLookup(resolve: typeof lookup, options: { readonly isLoopbackAllowed: boolean }): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    resolve(hostname, lookupOptions, (error, addresses: string | LookupAddress[], family?: number) => {
      if (error) return callback(error, addresses, family);
      const all = typeof addresses === 'string' ? [addresses] : addresses.map(({ address }) => address);
      if (!all.some((address) => isForbiddenHost(address, options))) return callback(null, addresses, family);
      callback(
        new SendError('ADDRESS_NOT_ALLOWED', 'the server has an address that is never asked'),
        addresses,
        family,
      );
    });
  };
}
