import type { Action } from '../api.ts';

export interface ActionBody {
  readonly service?: string;
  readonly replicas?: number;
  readonly isOn?: boolean;
}

/** Tells the server to do something; what it says where it does not, or undefined. */
export async function act(action: Action, body: ActionBody = {}): Promise<string | undefined> {
  try {
    const response = await fetch(`/api/actions/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.ok) return undefined;
    const { message } = await response.json();
    return typeof message === 'string' ? message : `the server answers ${response.status}`;
  } catch {
    return 'the demo’s server does not answer';
  }
}
