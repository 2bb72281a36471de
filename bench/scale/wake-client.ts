import { Agent, type IncomingMessage, request } from 'node:http';
import type { Member } from './fleet.ts';

/** Asks for wakes as a resolver does. */
export interface WakeClient {
  /** Resolves with the milliseconds until the answer, which comes when the replicas are patched. */
  wake(member: Member): Promise<number>;
  close(): void;
}

export function createWakeClient(host: string, port: number): WakeClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1000 });
  return {
    wake: async ({ namespace, name }) => {
      const startedAtMs = performance.now();
      const body = JSON.stringify({ count: 1, svc: name, namespace });
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const path = '/informer/incoming-request';
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      request({ host, port, method: 'POST', path, agent, headers, timeout: 30_000 }, resolve)
        .on('error', reject)
        .end(body);
      const response = await promise;
      const text = Buffer.concat(await response.toArray()).toString();
      if (response.statusCode !== 200) throw new Error(`wake of ${name}: ${response.statusCode} ${text}`);
      return performance.now() - startedAtMs;
    },
    close: () => agent.destroy(),
  };
}
