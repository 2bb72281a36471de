import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, SYSTEM_NAMESPACE } from '../environment/environment.ts';

const TAIL_LINES = 40;

/** What a person needs to see of a namespace to understand why its story failed. */
export async function diagnose({ kubectl, layout }: Environment, namespace: string): Promise<string> {
  const showIn = async (where: string, ...args: string[]) => {
    const shown = await kubectl(...args, '--namespace', where).catch((error: Error) => error.message);
    return `$ kubectl ${args.join(' ')} --namespace ${where}\n${shown}`;
  };
  const show = (...args: string[]) => showIn(namespace, ...args);
  const sections = await Promise.all([
    show('get', 'elastiservices', '--output=yaml'),
    show('get', 'deployments,statefulsets,pods,services,endpointslices', '--output=wide'),
    show('get', 'events', '--sort-by=.metadata.creationTimestamp'),
    showIn(SYSTEM_NAMESPACE, 'get', 'deployments,replicasets,pods', '--output=wide'),
  ]);
  const hooks = podLogs(layout.pods, 'elasti_').map(({ name, lines }) => {
    const about = lines.filter((line) => line.includes(namespace)).slice(-TAIL_LINES);
    return `--- ${name}, about ${namespace}\n${about.join('\n')}`;
  });
  return [...sections, ...hooks].join('\n');
}

/** The last lines of all that runs beside the stories. */
export function tailSystemLogs({ layout }: Environment): string {
  const daemons = ['metacontroller', 'prometheus', 'exporter'].map((name) => ({
    name: `${name}.log`,
    lines: readLines(join(layout.logs, `${name}.log`)),
  }));
  const all = [...podLogs(layout.pods, 'elasti_'), ...daemons];
  return all.map(({ name, lines }) => `--- ${name}\n${lines.slice(-TAIL_LINES).join('\n')}`).join('\n');
}

function podLogs(directory: string, prefix: string): { name: string; lines: string[] }[] {
  const files = readdirSync(directory).filter((file) => file.startsWith(prefix) && file.endsWith('.log'));
  return files.sort().map((name) => ({ name, lines: readLines(join(directory, name)) }));
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}
