import type { ElastiService } from './types.ts';

/**
 * The wake token that waits to be served, if any. It is compared and never ordered, with one exception: where there
 * is no status at all, a token older than the ElastiService, or without a readable time, came with a copied manifest.
 */
export function pendingWake({ wakeToken, status, createdAt }: ElastiService): string | undefined {
  if (wakeToken === undefined || wakeToken === '') return undefined;
  if (status !== undefined) return wakeToken === status.servedWake ? undefined : wakeToken;
  const writtenMs = Date.parse(wakeToken.split('/')[0] ?? '');
  return writtenMs > createdAt.getTime() ? wakeToken : undefined;
}
