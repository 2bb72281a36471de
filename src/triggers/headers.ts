import type { PrometheusMetadata } from '../api/elastiservice.ts';
import { http } from '../node-http.ts';

/** Header names are in lower case throughout, so that no two of them are the same to a server. */
export interface HeaderPlan {
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, { readonly name: string; readonly key: string }>>;
}

const MAX_HEADERS = 32;
/**
 * Those that steer the connection: with them one trigger could disturb the requests of others on the same connection,
 * or reach another host than the one that was checked.
 */
const NOT_FOR_TRIGGERS = [
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'accept-encoding',
];

/** The headers of a trigger, or undefined where one of them cannot be sent. A secret one wins over a plain one. */
export function planHeaders(metadata: Pick<PrometheusMetadata, 'headers' | 'secretHeaders'>): HeaderPlan | undefined {
  const secrets = lowerCased(metadata.secretHeaders ?? {});
  const values = lowerCased(metadata.headers ?? {});
  for (const name of Object.keys(secrets)) delete values[name];
  const names = [...Object.keys(values), ...Object.keys(secrets)];
  if (names.length > MAX_HEADERS || !names.every(isSendableName)) return undefined;
  return Object.values(values).every(isSendableValue) ? { values, secrets } : undefined;
}

/** Whether a header value can be sent as it is. */
export function isSendableValue(value: string): boolean {
  return isAccepted(() => http.validateHeaderValue('x', value));
}

const isSendableName = (name: string) =>
  !NOT_FOR_TRIGGERS.includes(name) && isAccepted(() => http.validateHeaderName(name));

function isAccepted(validate: () => void): boolean {
  try {
    validate();
    return true;
  } catch {
    return false;
  }
}

// Sorted, so that the order in a manifest makes no difference.
const lowerCased = <V>(headers: Record<string, V>): Record<string, V> =>
  Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
