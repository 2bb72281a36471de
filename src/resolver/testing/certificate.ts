import { execFileSync } from 'node:child_process';

/** A new key with a certificate for localhost and 127.0.0.1, signed by itself, both in one PEM text. */
export function makeCertificate(): { readonly key: string; readonly cert: string } {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const args = [
    'req',
    '-x509',
    ...curve,
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost,IP:127.0.0.1',
    '-days',
    '2',
    '-keyout',
    '-',
    '-out',
    '-',
  ];
  const pem = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return { key: pem, cert: pem };
}
