import type { ServiceDetail, ServiceState } from '../api.ts';
import { part, setText } from './dom.ts';
import { createTree } from './tree.ts';
import { clockWords } from './words.ts';

const REFRESH_MS = 1_000;
const TIMEOUT_MS = 5_000;

export interface CodePane {
  /** Fills the choice of services, and asks for the shown one anew when it is time. */
  update(services: readonly ServiceState[]): void;
  /** Shows another service and brings the pane before the person's eyes. */
  look(service: string): void;
}

/** The ElastiService of one service as YAML, and what its hook was last asked and answered. */
export function createCodePane(root: ParentNode): CodePane {
  const heading = root.querySelector('h2');
  const picked = part(root, 'picked', HTMLSelectElement);
  const yaml = part(root, 'yaml', HTMLPreElement);
  const hookAt = part(root, 'hook-at', HTMLParagraphElement);
  const showRequest = createTree(part(root, 'request', HTMLDivElement));
  const showResponse = createTree(part(root, 'response', HTMLDivElement));
  let askedAtMs = Number.NEGATIVE_INFINITY;

  const refresh = async () => {
    const service = picked.value;
    if (service === '') return;
    askedAtMs = performance.now();
    const detail = await readDetail(service);
    if (detail === undefined || service !== picked.value) return;
    setText(yaml, detail.elastiServiceYaml);
    showRequest(detail.lastHook?.request);
    showResponse(detail.lastHook?.response);
    setText(
      hookAt,
      detail.lastHook === undefined
        ? 'No hook has been called for it yet.'
        : `Metacontroller’s stand-in called /sync at ${clockWords(detail.lastHook.at)}.`,
    );
  };
  picked.addEventListener('change', refresh);

  return {
    update: (services) => {
      const names = services.map(({ name }) => name);
      const shown = Array.from(picked.options, ({ value }) => value);
      if (names.join() !== shown.join()) {
        const before = picked.value;
        picked.replaceChildren(...names.map((name) => new Option(name, name, false, name === before)));
      }
      if (performance.now() - askedAtMs >= REFRESH_MS) refresh();
    },
    look: (service) => {
      picked.value = service;
      refresh();
      heading?.scrollIntoView({ block: 'start' });
      heading?.focus({ preventScroll: true });
    },
  };
}

/** The detail of a service; undefined where it cannot be had now, for the stream says when the server is gone. */
async function readDetail(service: string): Promise<ServiceDetail | undefined> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`/api/services/${encodeURIComponent(service)}`, { signal });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}
