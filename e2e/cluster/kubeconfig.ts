import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';

/** How to reach an API server; a bearer token is the only way of signing in that is known here. */
export interface Credentials {
  readonly server: URL;
  readonly ca: string;
  readonly token: string;
}

const kubeconfigSchema = z.looseObject({
  'current-context': z.string(),
  contexts: z.array(
    z.looseObject({ name: z.string(), context: z.looseObject({ cluster: z.string(), user: z.string() }) }),
  ),
  clusters: z.array(
    z.looseObject({
      name: z.string(),
      cluster: z.looseObject({ server: z.url(), 'certificate-authority-data': z.base64() }),
    }),
  ),
  users: z.array(z.looseObject({ name: z.string(), user: z.looseObject({ token: z.string() }) })),
});

export function readKubeconfig(file: string): Credentials {
  const config = kubeconfigSchema.parse(parse(readFileSync(file, 'utf8')));
  const context = config.contexts.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users.find(({ name }) => name === context?.user)?.user;
  if (!cluster || !user) throw new Error(`${file}: the current context names no known cluster and user`);
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
  return { server: new URL(cluster.server), ca, token: user.token };
}

export async function writeKubeconfig(file: string, credentials: Credentials): Promise<void> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'e2e',
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e' } }],
    clusters: [
      {
        name: 'e2e',
        cluster: {
          server: credentials.server.origin,
          'certificate-authority-data': Buffer.from(credentials.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'e2e', user: { token: credentials.token } }],
  } satisfies z.input<typeof kubeconfigSchema> & object;
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config, null, 2), { mode: 0o600 });
}
