import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from '../../src/resolver/testing/certificate.ts';
import { OPERATOR_HOST, privateHost, services } from './beside/names.ts';

/**
 * Measures KubeElasti's resolver beside ours. It listens on all addresses, asks the API server that the files of its pod
 * name, and finds Services by DNS: so both get a network of their own that has loopback alone, with such files and names
 * in it. Needs root.
 */
export async function measureBeside(binary: string, rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'elasti-beside-'));
  try {
    const { key, cert } = makeCertificate();
    writeFileSync(join(folder, 'tls.pem'), key, { mode: 0o600 });
    writeFileSync(join(folder, 'ca.crt'), cert);
    writeFileSync(join(folder, 'token'), 'token');
    const names = ['localhost', OPERATOR_HOST, ...services.map(privateHost)];
    writeFileSync(join(folder, 'hosts'), names.map((name) => `127.0.0.1 ${name}\n`).join(''));
    const account = '/run/secrets/kubernetes.io/serviceaccount';
    const script = [
      'set -e',
      'ip link set lo up',
      `mount --bind ${folder}/hosts /etc/hosts`,
      'mount -t tmpfs tmpfs /run',
      `mkdir -p ${account}`,
      `cp ${folder}/ca.crt ${folder}/token ${account}`,
      'exec "$@"',
    ];
    const main = fileURLToPath(new URL('beside/main.ts', import.meta.url));
    const command = [process.execPath, main, '--binary', binary, '--folder', folder, '--rounds', String(rounds)];
    const inside = spawn('unshare', ['--net', '--mount', 'sh', '-c', script.join('\n'), 'sh', ...command], {
      stdio: 'inherit',
    });
    const [code] = await once(inside, 'exit');
    if (code !== 0) throw new Error(`the comparison with ${binary} ended with ${code}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
