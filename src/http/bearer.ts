import { timingSafeEqual } from 'node:crypto';
import { Refusal } from './refusal.ts';

const BEARER = /^bearer +(\S+) *$/i;

/**
 * Makes a check of the Authorization header that throws Refusal (401) unless it bears one of the tokens. The tokens are asked
 * for with each request, so that a rotated one counts at once; none at all means that everybody may call.
 */
export function createBearerCheck(tokens: () => readonly string[]): (authorization: string | undefined) => void {
  let known: readonly string[] = [];
  let secrets: readonly Buffer[] = [];
  return (authorization) => {
    const accepted = tokens();
    if (accepted.length === 0) return;
    if (accepted !== known) {
      known = accepted;
      secrets = accepted.map((token) => Buffer.from(token));
    }
    const presented = BEARER.exec(authorization ?? '')?.[1];
    if (presented !== undefined && isAmong(secrets, presented)) return;
    throw new Refusal(401, 'UNAUTHENTICATED', 'a valid bearer token is required', { 'WWW-Authenticate': 'Bearer' });
  };
}

// Every token is compared, whole, so that the time taken tells no more about a token than its length.
function isAmong(secrets: readonly Buffer[], presented: string): boolean {
  const bytes = Buffer.from(presented);
  let found = false;
  for (const secret of secrets) {
    if (secret.length === bytes.length && timingSafeEqual(secret, bytes)) found = true;
  }
  return found;
}
