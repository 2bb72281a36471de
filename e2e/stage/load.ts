import { Agent } from 'node:http';
import { type Answer, ask } from './client.ts';
import { openEchoLine } from './echo-client.ts';
import { type Repeating, repeat } from './repeat.ts';

/** What came of one request, or of one line that was to be said back. */
export interface Outcome {
  readonly protocol: 'HTTP' | 'TCP';
  /** Why it counts as lost. */
  readonly failure: string | undefined;
  /** It says that it waited for a pod. */
  readonly isHeld: boolean;
  readonly ms: number;
}

interface LoadOptions {
  /** The ClusterIP of a Service of the sample app. */
  readonly host: string;
  readonly echoPort: number;
  /** How often a request and a line begin, whatever became of those before. */
  readonly everyMs: number;
}

/** Clients that come with a new connection for each request and for each line. */
export function startNewConnections({ host, echoPort, everyMs }: LoadOptions): Repeating<Outcome> {
  const requests = repeat(everyMs, async () => outcomeOf(await ask(host)));
  const lines = repeat(everyMs, async (): Promise<Outcome> => {
    const line = openEchoLine(host, echoPort);
    const echo = await line.say();
    const end = await line.end();
    return { protocol: 'TCP', isHeld: false, failure: echo.failure ?? end.failure, ms: echo.ms };
  });
  return { stop: async () => (await Promise.all([requests.stop(), lines.stop()])).flat() };
}

/** A client that keeps one connection over HTTP and one over TCP for all that it has to say. */
export function startKeptConnections({ host, echoPort, everyMs }: LoadOptions): Repeating<Outcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  const requests = repeat(everyMs, async () => {
    const answer = await ask(host, { agent });
    ports.add(answer.localPort);
    const outcome = outcomeOf(answer);
    return ports.size === 1 ? outcome : { ...outcome, failure: outcome.failure ?? 'it came over another connection' };
  });
  const line = openEchoLine(host, echoPort);
  const lines = repeat(
    everyMs,
    async (): Promise<Outcome> => ({ protocol: 'TCP', isHeld: false, ...(await line.say()) }),
  );
  return {
    async stop() {
      const outcomes = (await Promise.all([requests.stop(), lines.stop()])).flat();
      agent.destroy();
      return [...outcomes, { protocol: 'TCP', isHeld: false, ...(await line.end()) }];
    },
  };
}

const outcomeOf = ({ status, text, resolver, ms }: Answer): Outcome => ({
  protocol: 'HTTP',
  failure: status === 200 ? undefined : `${status} ${text}`,
  isHeld: resolver !== undefined,
  ms,
});
