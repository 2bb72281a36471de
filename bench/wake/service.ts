import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { until } from '../../e2e/cluster/wait.ts';
import { NAMESPACE } from './objects.ts';

const HOST = '127.0.0.1';
const HOOK_PORT = 18_080;
const SERVER_PORT = 18_013;
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Service {
  /** Asks for a wake as a resolver does; resolves when it is answered. */
  wake(service: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the service as it is deployed, in a process of its own, and waits until it is ready. */
export async function startService(kubeconfig: string): Promise<Service> {
  const variables = {
    KUBECONFIG: kubeconfig,
    LISTEN_ADDRESS: HOST,
    HOOK_PORT: String(HOOK_PORT),
    SERVER_PORT: String(SERVER_PORT),
    LOG_LEVEL: 'warn',
  };
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...variables }, stdio: 'inherit' });
  const exited = once(child, 'exit');
  const agent = new Agent({ keepAlive: true });

  const ask = async (method: string, path: string, body = ''): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    request({ host: HOST, port: SERVER_PORT, method, path, agent, headers }, resolve).on('error', reject).end(body);
    const response = await promise;
    const text = Buffer.concat(await response.toArray()).toString();
    if (response.statusCode !== 200) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`);
  };

  await until('the service to be ready', async () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    await ask('GET', '/readyz');
    return true;
  });
  return {
    wake: (svc) => ask('POST', '/informer/incoming-request', JSON.stringify({ count: 1, svc, namespace: NAMESPACE })),
    stop: async () => {
      agent.destroy();
      // It would linger for clients that there are not.
      child.kill('SIGKILL');
      await exited;
    },
  };
}
