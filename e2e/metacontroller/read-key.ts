import type { Api } from './api-client.ts';
import type { ReadKey } from './hook-endpoint.ts';

interface Keyed {
  readonly data?: Readonly<Record<string, string>>;
}

export function createReadKey(api: Api): ReadKey {
  return async (kind, { namespace, name, key }) => {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${kind}/${encodeURIComponent(name)}`;
    const { data } = await api.send<Keyed>({ method: 'GET', path });
    const value = data?.[key];
    if (!value) throw new Error(`${kind} ${namespace}/${name} has no ${key}`);
    return kind === 'secrets' ? Buffer.from(value, 'base64').toString('utf8') : value;
  };
}
