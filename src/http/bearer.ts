import { hash, timingSafeEqual } from 'node:crypto';
import { Refusal } from './refusal.ts';

const BEARER = /^bearer +(\S+) *$/i;

/**
 * Makes a check of the Authorization header that throws Refusal (401) unless it bears one of the tokens. The tokens are asked
 * for with each request, so that a rotated one counts at once; none at all means that everybody may call.
 */
export function createBearerCheck(tokens: () => readonly string[]): (authorization: string | undefined) => void {
  let known: readonly string[] = [];
  let digests: readonly Buffer[] = [];
  return (authorization) => {
    const accepted = tokens();
    if (accepted.length === 0) return;
    if (accepted !== known) {
      known = accepted;
      digests = accepted.map(digestOf);
    }
    const presented = BEARER.exec(authorization ?? '')?.[1];
    if (presented !== undefined && isAmong(digests, presented)) return;
    throw new Refusal(401, 'UNAUTHENTICATED', 'a valid bearer token is required', { 'WWW-Authenticate': 'Bearer' });
  };
}

// Digests have one length and every token is compared, so that the time taken tells nothing about a token.
function isAmong(accepted: readonly Buffer[], presented: string): boolean {
  const digest = digestOf(presented);
  let found = false;
  for (const token of accepted) {
    if (timingSafeEqual(token, digest)) found = true;
  }
  return found;
}

function digestOf(token: string): Buffer {
  return Buffer.from(hash('sha256', token));
}
