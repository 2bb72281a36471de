import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { API_SERVICE_IPV4, CLUSTER_DOMAIN, NODE_IPV4 } from './layout.ts';
import { run } from './shell.ts';

export interface Pki {
  readonly caFile: string;
  readonly ca: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly serviceAccountKey: string;
}

/** P-256 throughout: RSA keys would take most of the start-up time. */
const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;
const API_SERVER_NAMES = [
  ...[
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${CLUSTER_DOMAIN}`,
    'localhost',
  ].map((name) => `DNS:${name}`),
  ...['127.0.0.1', API_SERVICE_IPV4, NODE_IPV4].map((address) => `IP:${address}`),
];

/** An authority of this cluster alone, the API server's certificate and the key that signs service account tokens. */
export async function createPki(directory: string): Promise<Pki> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = (name: string) => join(directory, name);
  const pki = {
    caFile: file('ca.crt'),
    serverCertificate: file('server.crt'),
    serverKey: file('server.key'),
    serviceAccountKey: file('service-accounts.key'),
  };
  const authority = ['-keyout', file('ca.key'), '-out', pki.caFile];
  const server = ['-keyout', pki.serverKey, '-out', pki.serverCertificate, '-CA', pki.caFile, '-CAkey', file('ca.key')];
  const names = [
    '-addext',
    `subjectAltName=${API_SERVER_NAMES.join(',')}`,
    '-addext',
    'basicConstraints=critical,CA:false',
  ];
  await run('openssl', ['req', '-x509', ...EC_KEY, '-days', '30', '-subj', '/CN=e2e-ca', ...authority]);
  await run('openssl', ['req', '-x509', ...EC_KEY, '-days', '30', '-subj', '/CN=kube-apiserver', ...server, ...names]);
  await run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', pki.serviceAccountKey]);
  return { ...pki, ca: await readFile(pki.caFile, 'utf8') };
}
