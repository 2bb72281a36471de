import { type IncomingMessage, request } from 'node:http';
import type { Source } from '../../stage/echo-client.ts';
import { lostBy, type Outcome, PATIENCE_MS } from '../outcome.ts';
import type { Site } from '../site.ts';
import type { OneConnection } from './one-connection.ts';

interface AskOptions {
  readonly site: Site;
  readonly workMs: number;
  readonly source: Source;
  /** Keeps a connection; default: one for this request alone. */
  readonly agent?: OneConnection;
}

/** One GET; never throws. The answer has to come from a pod of the site. */
export async function askHttp(options: AskOptions): Promise<Outcome> {
  const { site, workMs, source, agent } = options;
  const { outcome, isWornOut } = await attempt(options);
  if (!isWornOut || !agent) return outcome;
  // What any HTTP client does with a request that may be repeated (RFC 9112, 9.3.1).
  const repeated = await attempt({ site, workMs, source, agent });
  return { ...repeated.outcome, isRepeated: true };
}

interface Attempt {
  readonly outcome: Outcome;
  /** The connection had been used before, and ended before a byte of the answer. */
  readonly isWornOut: boolean;
}

function attempt({ site, workMs, source, agent }: AskOptions): Promise<Attempt> {
  return new Promise((resolve) => {
    let actual = source;
    let isReused = false;
    // A resolver that goes by the Host header has to find the Service; Elasti's does not look at it.
    const headers = { host: `${site.name}.${site.namespace}.svc.cluster.local` };
    const own = agent ? { agent } : { agent: false as const, ...source };
    const sent = request({ host: site.clusterIp, port: site.ports.http, path: `/?ms=${workMs}`, headers, ...own });
    const lose = (text: string, isWornOut = false) =>
      resolve({ outcome: { source: actual, workMs, lost: lostBy(text) }, isWornOut });
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    sent.on('socket', (socket) => {
      const { localAddress, localPort } = socket;
      isReused = agent?.use(socket) ?? false;
      actual = localAddress && localPort ? { localAddress, localPort } : (agent?.latest ?? source);
    });
    sent.on('close', () => clearTimeout(timer));
    sent.on('error', (error: NodeJS.ErrnoException) =>
      lose(error.message, isReused && /ECONNRESET|EPIPE/.test(error.code ?? '')),
    );
    sent.on('response', async (response: IncomingMessage) => {
      try {
        const text = Buffer.concat(await response.toArray()).toString();
        const fault = faultOf(site, response, text);
        if (fault) return lose(fault);
        const isHeld = response.headers['x-elasti-cold-start'] !== undefined;
        resolve({ outcome: { source: actual, workMs, isHeld }, isWornOut: false });
      } catch (error) {
        lose((error as Error).message);
      }
    });
    sent.end();
  });
}

function faultOf(site: Site, { statusCode, headers }: IncomingMessage, text: string): string | undefined {
  if (statusCode !== 200) return `${statusCode} ${text.slice(0, 80)}`;
  const pod = String(headers['x-pod']);
  if (!pod.startsWith(`${site.name}-`)) return `answered by ${pod}`;
  return text.startsWith(`{"pod":"${pod}"`) && text.endsWith('}') ? undefined : `wrong body ${text.slice(0, 80)}`;
}
