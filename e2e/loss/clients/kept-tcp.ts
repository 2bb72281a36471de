import { openEchoLine, type Source } from '../../stage/echo-client.ts';
import type { Came } from '../../stage/expected-answers.ts';
import { lostBy, type Outcome } from '../outcome.ts';
import type { Site } from '../site.ts';
import type { Kept } from './kept.ts';

/** A client with one plain TCP connection. */
export function openKeptTcp(site: Site, nextSource: () => Source): Kept {
  const source = nextSource();
  const line = openEchoLine(site.clusterIp, site.ports.echo, source);
  const outcomeOf = ({ failure }: Came): Outcome => (failure ? { source, lost: lostBy(failure) } : { source });
  return {
    get isSpent() {
      return line.isAskedToLeave || line.isOver;
    },
    say: async () => outcomeOf(await line.say()),
    leave: () => {
      const { isOver } = line;
      const ending = line.end();
      // A line that broke with nothing said on it has lost nothing.
      return isOver ? undefined : ending.then(outcomeOf);
    },
  };
}

/** One line on a connection of its own. */
export async function sayOnce(site: Site, source: Source): Promise<Outcome> {
  const line = openEchoLine(site.clusterIp, site.ports.echo, source);
  const said = await line.say();
  const end = await line.end();
  const failure = said.failure ?? end.failure;
  return failure ? { source, lost: lostBy(failure) } : { source };
}
