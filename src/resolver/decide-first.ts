import { wantsPage } from './http1/answers.ts';
import type { ProbeAnswer, ProbeMatcher } from './http1/probe-response.ts';
import { type RequestHead, readRequestHead } from './http1/request-head.ts';

export type FirstDecision =
  | { readonly kind: 'hold' }
  /** The head is not whole yet, and a whole one might be answered here. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'probe'; readonly answer: ProbeAnswer; readonly head: RequestHead }
  | { readonly kind: 'page' };

export interface FirstSettings {
  readonly matchProbe: ProbeMatcher | undefined;
  /** Whether a browser gets the waiting page now. */
  readonly givesPage: boolean;
}

/** What the first bytes of a connection, or of a further request on one that had only probes, are to be answered with. */
export function decideFirst(bytes: Buffer, { matchProbe, givesPage }: FirstSettings): FirstDecision {
  if (!matchProbe && !givesPage) return { kind: 'hold' };
  const head = readRequestHead(bytes);
  if (head === 'partial') return { kind: 'wait' };
  if (head === 'unreadable') return { kind: 'hold' };
  const answer = matchProbe?.(head);
  if (answer) return { kind: 'probe', answer, head };
  return givesPage && wantsPage(head) ? { kind: 'page' } : { kind: 'hold' };
}
