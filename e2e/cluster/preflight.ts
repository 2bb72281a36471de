import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const DEBIAN_PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  openssl: 'openssl',
  unshare: 'util-linux',
};

export class PreflightError extends Error {
  override readonly name = 'PreflightError';
}

/** Throws one error that lists all that this machine lacks. */
export function checkMachine(): void {
  const problems: string[] = [];
  if (process.platform !== 'linux') problems.push(`Linux is needed, this is ${process.platform}`);
  if (process.getuid?.() !== 0) problems.push('root is needed (network namespaces, mounts, nftables)');
  const missing = Object.keys(DEBIAN_PACKAGES).filter((program) => !isOnPath(program));
  if (missing.length > 0) problems.push(`not found on PATH: ${missing.join(', ')}`);
  if (problems.length === 0) return;
  throw new PreflightError(
    `the test cluster cannot run here:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\n` +
      'On Debian: apt-get install nftables conntrack iproute2 openssl util-linux prometheus',
  );
}

export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
