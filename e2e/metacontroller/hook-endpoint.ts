import type { CompositeControllerSpec, Connection, Hook, KeyRef, Webhook } from './composite-controller-spec.ts';
import { parseDurationMs } from './go-duration.ts';
import type { HookEndpoint } from './hook-client.ts';

/** Reads one key of a Secret or ConfigMap as text; rejects when it is not there. */
export type ReadKey = (kind: 'secrets' | 'configmaps', ref: KeyRef & { readonly key: string }) => Promise<string>;

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

/**
 * Where and how to call a hook. Settings on the webhook itself count alone; else those of the first entry of
 * `endpointConfigs` with its host. Secrets are read here, once.
 */
export async function readHookEndpoint(
  hook: Hook,
  endpointConfigs: CompositeControllerSpec['endpointConfigs'],
  readKey: ReadKey,
): Promise<HookEndpoint> {
  if (hook.version !== 'v2')
    throw new Error(`hook version ${hook.version ?? 'v1'} is not supported by this stand-in, only v2`);
  if (!hook.webhook) throw new Error('hook has no webhook');
  const url = webhookUrl(hook.webhook);
  const connection = hasOwnConnection(hook.webhook)
    ? hook.webhook
    : endpointConfigs?.find(({ host }) => isHostOf(host, url));
  if (connection?.clientTLS || connection?.basicAuth)
    throw new Error('clientTLS and basicAuth are not supported by this stand-in');
  const caBundle = await readCaBundle(connection?.caBundle, readKey);
  const authorization = await readAuthorization(connection?.authorization, readKey);
  return {
    url,
    timeoutMs: hook.webhook.timeout === undefined ? DEFAULT_TIMEOUT_MS : parseDurationMs(hook.webhook.timeout),
    ...(caBundle === undefined ? {} : { caBundle }),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

export function webhookUrl({ url, service, path }: Webhook): string {
  if (url !== undefined) return url;
  if (!service || path === undefined)
    throw new Error("webhook must specify either 'url', or both 'service' and 'path'");
  return `${service.protocol ?? 'http'}://${service.name}.${service.namespace}:${service.port ?? 80}${path}`;
}

/** Whether an endpointConfigs host is that of a URL; only the default port of the scheme may be left out. */
export function isHostOf(host: string, url: string): boolean {
  const { protocol, hostname, port } = new URL(url);
  const defaultPort = DEFAULT_PORTS[protocol] ?? '';
  const wanted = host.toLowerCase();
  // URL drops a default port that was written out.
  const isDefaultPort = port === '' || port === defaultPort;
  return wanted === `${hostname}:${port || defaultPort}` || (isDefaultPort && wanted === hostname);
}

function hasOwnConnection({ caBundle, clientTLS, authorization, basicAuth }: Webhook): boolean {
  return [caBundle, clientTLS, authorization, basicAuth].some((setting) => setting !== undefined);
}

async function readCaBundle(source: Connection['caBundle'], readKey: ReadKey): Promise<string | undefined> {
  if (!source) return undefined;
  if (source.inline !== undefined) return source.inline;
  if (source.secretRef) return readKey('secrets', { key: 'ca.crt', ...source.secretRef });
  if (source.configMapRef) return readKey('configmaps', { key: 'ca.crt', ...source.configMapRef });
  throw new Error('caBundle is set but none of inline, secretRef, or configMapRef is specified');
}

async function readAuthorization(source: Connection['authorization'], readKey: ReadKey): Promise<string | undefined> {
  if (!source) return undefined;
  const { key, ...ref } = source.secretRef;
  if (key === undefined) throw new Error('authorization.secretRef has no key');
  const value = await readKey('secrets', { ...ref, key });
  return `${source.type?.trim() || 'Bearer'} ${value.trim()}`;
}
