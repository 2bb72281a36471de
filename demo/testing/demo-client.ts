import { until } from '../../e2e/cluster/wait.ts';
import type { DemoState, ServiceState } from '../api.ts';
import type { Demo } from '../start-demo.ts';

/** The demo as a test sees it: over HTTP alone, as the page does. */
export interface DemoClient {
  state(): Promise<DemoState>;
  service(name: string): Promise<ServiceState>;
  /** Gives status and body. */
  act(action: string, body?: object): Promise<{ readonly status: number; readonly text: string }>;
  untilPhase(name: string, phase: ServiceState['phase']): Promise<ServiceState>;
}

/** Makes a client of a demo. */
export function createDemoClient({ url }: Pick<Demo, 'url'>): DemoClient {
  const state = async () => (await (await fetch(`${url}api/state`)).json()) as DemoState;
  const service = async (name: string) => (await state()).services.find((each) => each.name === name) as ServiceState;
  return {
    state,
    service,
    act: async (action, body = {}) => {
      const response = await fetch(`${url}api/actions/${action}`, { method: 'POST', body: JSON.stringify(body) });
      return { status: response.status, text: await response.text() };
    },
    untilPhase: (name, phase) =>
      until(
        `${name} to be ${phase}`,
        async () => {
          const found = await service(name);
          return found.phase === phase && found;
        },
        { timeoutMs: 90_000 },
      ),
  };
}
