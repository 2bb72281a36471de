import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isOnPath } from './preflight.ts';
import { identify } from './process-identity.ts';

const MODULE = join(import.meta.dirname, 'control-plane');

/** Resolves to the directory with the control plane's binaries; builds them when this go.mod and go.sum were never built here. */
export async function buildControlPlane(): Promise<string> {
  const given = process.env.CONTROL_PLANE_BIN;
  if (given) return given;
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'elasti');
  const directory = join(cache, `control-plane-${await hashOfModule()}`);
  if (existsSync(directory)) return directory;
  if (!isOnPath('go')) {
    throw new Error('the control plane is built from source: install Go 1.26 (https://go.dev/dl) and put go on PATH');
  }

  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache);
  const unfinished = await mkdtemp(join(cache, `building-${process.pid}-`));
  try {
    process.stderr.write(
      'building the Kubernetes control plane (once; about ten minutes when Go has nothing cached) ...\n',
    );
    await install(unfinished);
    await rename(join(unfinished, 'server'), join(unfinished, 'etcd'));
    await publish(unfinished, directory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  process.stderr.write(`built ${directory}\n`);
  return directory;
}

/** What a build that was killed could not remove itself. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    const pid = /^building-(\d+)-/.exec(entry)?.[1];
    if (pid && !identify(Number(pid))) await rm(join(cache, entry), { recursive: true, force: true });
  }
}

/** Only a whole build gets the final name. A build that ran at the same time may have taken it, with the same content. */
async function publish(unfinished: string, directory: string): Promise<void> {
  try {
    await rename(unfinished, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
  }
}

async function hashOfModule(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(await readFile(join(MODULE, file)));
  return hash.digest('hex').slice(0, 16);
}

async function install(directory: string): Promise<void> {
  const versionFlag = `-X k8s.io/component-base/version.gitVersion=${await kubernetesVersion()}`;
  const child = spawn('go', ['install', '-v', '-ldflags', `-s -w ${versionFlag}`, 'tool'], {
    cwd: MODULE,
    env: { ...process.env, GOBIN: directory, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const lastLines = reportPackages(child.stderr);
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`go install failed (exit ${code}):\n${lastLines.join('\n')}`);
}

/** `go install -v` names each package it compiles: count them instead of printing thousands of lines. */
function reportPackages(output: NodeJS.ReadableStream): string[] {
  const lastLines: string[] = [];
  let packages = 0;
  output.setEncoding('utf8').on('data', (text: string) => {
    const lines = text.split('\n').filter(Boolean);
    lastLines.push(...lines);
    lastLines.splice(0, lastLines.length - 20);
    const before = packages;
    packages += lines.length;
    if (Math.floor(packages / 200) > Math.floor(before / 200)) process.stderr.write(`  ${packages} packages\n`);
  });
  return lastLines;
}

/** Without the linker flag the binaries call themselves v0.0.0-master. */
async function kubernetesVersion(): Promise<string> {
  const goMod = await readFile(join(MODULE, 'go.mod'), 'utf8');
  const version = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(goMod)?.[1];
  if (!version) throw new Error('control-plane/go.mod does not require k8s.io/kubernetes');
  return version;
}
