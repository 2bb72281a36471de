import { isSleptByUs } from './decide-raise.ts';
import type { Decision } from './phase.ts';
import type { View } from './view.ts';

/**
 * While we only observe, what holds no traffic of ours and was not put to sleep by us is left as it is, but for a wake that
 * somebody asks for. The rest goes on as ever, so that what sleeps still wakes.
 */
export function leaveAlone(view: View, decided: Decision): Decision {
  const { facts, settings } = view;
  if (!settings.isObserveOnly || facts.slices.size > 0 || isSleptByUs(view)) return decided;
  const isAsked = decided.raisedFor === 'Wake';
  const isHandled = decided.isRedirected || (decided.patches.length > 0 && !isAsked);
  return {
    ...decided,
    message: isHandled ? `OBSERVE_ONLY keeps from: ${decided.message}` : decided.message,
    isRedirected: false,
    patches: isAsked ? decided.patches : [],
    raisedFor: isAsked ? decided.raisedFor : undefined,
  };
}
