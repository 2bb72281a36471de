import { Agent, request } from 'node:http';
import { json, text } from 'node:stream/consumers';
import type { SyncResponse } from '../../src/api/hooks.ts';
import type { Member } from './member.ts';

/** Calls hooks as Metacontroller does. */
export interface HookClient {
  /** Calls /sync for a member and does with the answer what Metacontroller does. */
  sync(member: Member): Promise<SyncResponse>;
  close(): void;
}

/** As many at once as Metacontroller has workers. */
export const WORKERS = 50;

export function createHookClient({ port, token }: { readonly port: number; readonly token: string }): HookClient {
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS });
  const post = async (body: string): Promise<SyncResponse> => {
    const { promise, resolve, reject } = Promise.withResolvers<SyncResponse>();
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    request({ host: '127.0.0.1', port, method: 'POST', path: '/sync', agent, headers }, (response) => {
      if (response.statusCode === 200) json(response).then((answer) => resolve(answer as SyncResponse), reject);
      else text(response).then((answer) => reject(new Error(`${response.statusCode} ${answer}`)), reject);
    })
      .on('error', reject)
      .end(body);
    return promise;
  };
  return {
    sync: async (member) => {
      const answer = await post(member.body());
      member.apply(answer);
      return answer;
    },
    close: () => agent.destroy(),
  };
}
