import { readFileSync } from 'node:fs';

/** What may be in an image of an MIT-licensed program without asking anybody. */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'PSF-2.0',
  'Unlicense',
]);

/** Each with why it may be there all the same. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  // Free for any use but that of offering a rival to Sentry; becomes Apache-2.0 after two years.
  'sentry FSL-1.1-Apache-2.0': 'comes with @sentry/node, which is not loaded without SENTRY_DSN',
};

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

export interface Licensed {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** Every package that an image holds, with its licence, as the lock file says. */
export function listLicences(lock: { readonly packages: Readonly<Record<string, Locked>> }): readonly Licensed[] {
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path, { version = '', license = 'unknown' }]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      licence: license,
    }));
}

/** Those that nobody has allowed. */
export const notAllowed = (packages: readonly Licensed[]): readonly Licensed[] =>
  packages.filter(({ name, licence }) => !ALLOWED.has(licence) && EXCEPTIONS[`${name} ${licence}`] === undefined);

export const readLock = () => JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
