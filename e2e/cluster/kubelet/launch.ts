import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeApi } from '../api.ts';
import { makeResolvConf } from '../network.ts';
import { type ContainerProcess, startProcess } from './container-process.ts';
import { expand, readEnvironment } from './environment.ts';
import type { Pod, PodAddress } from './pod.ts';
import { makeSandboxedCommand } from './sandbox.ts';
import { writeVolumes } from './volumes.ts';

interface LaunchOf {
  readonly api: KubeApi;
  readonly pod: Pod;
  readonly address: PodAddress;
  /** The pod's own directory. */
  readonly files: string;
  /** Where the output of all pods goes. */
  readonly directory: string;
}

/** Starts the first container's process; throws when something that it needs is missing. */
export async function launch({ api, pod, address, files, directory }: LaunchOf): Promise<ContainerProcess> {
  const [container] = pod.spec.containers;
  const { namespace, name } = pod.metadata;
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  if (words.length === 0) throw new Error('a command is needed: images are ignored');
  const volumes = join(files, 'volumes');
  const resolvConf = join(files, 'resolv.conf');

  await mkdir(volumes, { recursive: true });
  const [environment] = await Promise.all([
    readEnvironment({ api, pod, container, address }),
    writeVolumes({ api, pod, address, directory: volumes }),
    writeFile(resolvConf, makeResolvConf(namespace)),
  ]);
  const command = words.map((word) => expand(word, environment));
  return startProcess({
    command: makeSandboxedCommand({ container, command, resolvConf, volumes }),
    environment,
    workingDirectory: container.workingDir ?? files,
    logFile: join(directory, `${namespace}_${name}.log`),
  });
}
