import type { Action, ServiceState } from '../api.ts';
import { type ActionBody, act } from './actions.ts';
import type { CardDeps } from './card.ts';
import { copyText } from './copy-text.ts';
import { part, setAttribute } from './dom.ts';

/** Lets a card's buttons act, and shows on them what is so: whether load is on, how many replicas there are. */
export function createCardButtons({
  element,
  name,
  deps,
}: {
  readonly element: Element;
  readonly name: string;
  readonly deps: CardDeps;
}): (service: ServiceState) => void {
  const onClick = (selector: string, then: (button: HTMLButtonElement) => void) => {
    for (const button of element.querySelectorAll<HTMLButtonElement>(selector))
      button.addEventListener('click', () => then(button));
  };
  const ask = async (action: Action, done: string, body: ActionBody = {}) => {
    const refusal = await act(action, { service: name, ...body });
    deps.tell(refusal === undefined ? done : `${name}: ${refusal}.`);
  };

  const load = element.querySelector<HTMLButtonElement>('[data-action="load"]');
  const scaleButtons = [...element.querySelectorAll<HTMLButtonElement>('[data-replicas]')];

  onClick('[data-action="send-one"]', () => ask('send-one', `One request sent to ${name}.`));
  onClick('[data-action="send-hundred"]', () => ask('send-hundred', `A hundred requests sent to ${name}.`));
  onClick('[data-action="load"]', () => {
    const isOn = load?.getAttribute('aria-checked') !== 'true';
    return ask('load', `Steady load on ${name} is ${isOn ? 'on' : 'off'}.`, { isOn });
  });
  onClick('[data-action="idle"]', () => ask('idle', `${name} is made idle.`));
  onClick('[data-replicas]', (button) => {
    const replicas = Number(button.dataset.replicas);
    return ask('scale', `${name} is scaled to ${replicas} by hand.`, { replicas });
  });
  onClick('[data-copies]', (button) => {
    const text = part(element, button.dataset.copies ?? '', Element);
    return copyText(text).then(deps.tell);
  });
  onClick('[data-part="look"]', () => deps.look(name));

  return ({ isLoadOn, replicas }) => {
    if (load !== null) setAttribute(load, 'aria-checked', String(isLoadOn));
    for (const button of scaleButtons)
      setAttribute(button, 'aria-pressed', String(button.dataset.replicas === String(replicas)));
  };
}
