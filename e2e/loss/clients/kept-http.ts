import type { Source } from '../../stage/echo-client.ts';
import type { Outcome } from '../outcome.ts';
import type { Site } from '../site.ts';
import { askHttp } from './ask-http.ts';
import type { Kept } from './kept.ts';
import { OneConnection } from './one-connection.ts';

/** A client over HTTP/1.1 with one connection at a time; where one ends, the next request opens another. */
export function openKeptHttp(site: Site, nextSource: () => Source): Kept {
  const agent = new OneConnection(nextSource);
  const waiting = new Set<Promise<Outcome>>();
  return {
    isSpent: false,
    say() {
      const asking = askHttp({ site, workMs: 0, source: agent.latest, agent });
      waiting.add(asking);
      return asking.finally(() => waiting.delete(asking));
    },
    leave() {
      void Promise.all(waiting).then(() => agent.destroy());
      return undefined;
    },
  };
}
