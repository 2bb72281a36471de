import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../e2e/cluster/shell.ts';
import { makeCertificate } from '../src/resolver/testing/certificate.ts';

// What the hook service takes of memory with N ElastiServices, without a cluster: API server, Prometheus and resolver are
// stand-ins. With `--observe-by watch` as manifests/many-services has it. It runs as in a pod, with the files of a service
// account, in a network that nobody else can reach. Needs root.

const folder = mkdtempSync(join(tmpdir(), 'elasti-memory-'));
const ADDRESS = '10.244.0.1';
try {
  // Another build is measured with --dist.
  if (!process.argv.includes('--dist')) {
    await run('npm', ['run', 'build', '--silent', '--prefix', join(import.meta.dirname, '..')]);
  }
  const account = join(folder, 'account');
  mkdirSync(account);
  const { key, cert } = makeCertificate();
  writeFileSync(join(folder, 'tls.pem'), key, { mode: 0o600 });
  writeFileSync(join(account, 'ca.crt'), cert);
  writeFileSync(join(account, 'token'), 'token');
  const script = [
    'set -e',
    'ip link set lo up',
    // What a trigger names must not be on loopback.
    `ip address add ${ADDRESS}/32 dev lo`,
    'mount -t tmpfs tmpfs /run',
    'mkdir -p /run/secrets/kubernetes.io',
    `cp -r ${account} /run/secrets/kubernetes.io/serviceaccount`,
    'exec "$@"',
  ];
  const isWatching = process.argv.includes('--observe-by');
  const inside = fileURLToPath(new URL(`memory/${isWatching ? 'inside-watching' : 'inside'}.ts`, import.meta.url));
  const command = [process.execPath, inside, '--folder', folder, '--address', ADDRESS, ...process.argv.slice(2)];
  // With process numbers of its own, so that all end with the first.
  const spaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('unshare', [...spaces, 'sh', '-c', script.join('\n'), 'sh', ...command], {
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
