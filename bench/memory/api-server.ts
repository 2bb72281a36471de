import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';

/** What the hook service asks of an API server, answered from memory. */
export interface ApiServer {
  /** The ports of the resolver that have been claimed. */
  claimedPorts(): readonly number[];
  /** Calls so far, but for those that only look whether it is there. */
  calls(): number;
  /** As a cluster without any. */
  forgetClaims(): void;
  close(): void;
}

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data: Readonly<Record<string, string>>;
}

/** `replicasOf`: spec.replicas of the Deployment of that name. */
export async function startApiServer(options: {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly cert: string;
  replicasOf(name: string): number;
}): Promise<ApiServer> {
  const configMaps = new Map<string, ConfigMap>();
  let lastVersion = 0;
  let calls = 0;

  const writeConfigMap = (name: string, data: ConfigMap['data']): ConfigMap => {
    const resourceVersion = String(++lastVersion);
    const written = { metadata: { name, resourceVersion }, data: { ...configMaps.get(name)?.data, ...data } };
    configMaps.set(name, written);
    return written;
  };

  const answer = async (request: IncomingMessage): Promise<object | undefined> => {
    const { pathname } = new URL(request.url ?? '/', 'https://localhost');
    if (pathname !== '/version') calls += 1;
    const body = JSON.parse((await text(request)) || '{}');
    const [, kind = '', name = ''] =
      /\/(deployments|configmaps|events|endpointslices)(?:\/([^/]+))?/.exec(pathname) ?? [];
    if (kind === 'deployments')
      return { metadata: { resourceVersion: '1' }, spec: { replicas: options.replicasOf(name) } };
    if (kind === 'endpointslices') return { metadata: {}, items: [] };
    if (kind === 'events' || pathname === '/version') return {};
    if (kind !== 'configmaps') return undefined;
    if (request.method === 'GET') return configMaps.get(name);
    return writeConfigMap(name || body.metadata.name, body.data);
  };

  const server = createServer({ key: options.key, cert: options.cert }, async (request, response) => {
    const found = await answer(request);
    response.statusCode = found === undefined ? 404 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(found ?? { kind: 'Status', code: 404 }));
  });
  // Whoever asks keeps its connections.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(options.port, options.host, resolve));
  return {
    claimedPorts: () => [...configMaps.values()].flatMap(({ data }) => Object.keys(data).map(Number)),
    calls: () => calls,
    forgetClaims: () => configMaps.clear(),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
