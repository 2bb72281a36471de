import type { Action, DemoState } from '../api.ts';
import { act } from './actions.ts';
import { createChips, processChip } from './chips.ts';
import { part, setText } from './dom.ts';

const DONE = {
  'kill-resolver': 'A resolver is killed. What it held is cut off; the clients ask again and reach the other one.',
  'kill-hook': 'A hook service is killed. The other one answers in its place.',
  'break-prometheus': 'Prometheus is broken: nothing falls asleep and nothing wakes by it.',
  'mend-prometheus': 'Prometheus is mended.',
} as const satisfies Partial<Record<Action, string>>;

/** The state of what Elasti is made of, and the buttons that break it. */
export function createSystem(root: ParentNode, tell: (news: string) => void): (state: DemoState) => void {
  const showResolvers = createChips(part(root, 'resolvers', HTMLUListElement));
  const showHooks = createChips(part(root, 'hooks', HTMLUListElement));
  const showPrometheus = createChips(part(root, 'prometheus', HTMLUListElement));
  const prometheusButton = part(root, 'prometheus-button', HTMLButtonElement);
  let isPrometheusUp = true;

  const ask = async (action: keyof typeof DONE) => {
    const refusal = await act(action);
    tell(refusal === undefined ? DONE[action] : `${refusal}.`);
  };
  for (const action of ['kill-resolver', 'kill-hook'] as const)
    root.querySelector(`[data-action="${action}"]`)?.addEventListener('click', () => ask(action));
  prometheusButton.addEventListener('click', () => ask(isPrometheusUp ? 'break-prometheus' : 'mend-prometheus'));

  return (state) => {
    isPrometheusUp = state.isPrometheusUp;
    showResolvers(state.resolvers.map(processChip));
    showHooks(state.hooks.map(processChip));
    showPrometheus([
      isPrometheusUp
        ? { name: 'prometheus', state: 'answers', icon: 'yes' }
        : { name: 'prometheus', state: 'is broken', icon: 'no' },
    ]);
    setText(prometheusButton, isPrometheusUp ? 'Break Prometheus' : 'Mend Prometheus');
  };
}
