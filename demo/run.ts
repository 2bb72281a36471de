import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SERVICES } from './settings.ts';
import { type Demo, startDemo } from './start-demo.ts';

const DEFAULT_PORT = 7070;
const MAX_STOP_MS = 3000;
const USAGE = `npm run demo -- [--port ${DEFAULT_PORT}]: the page's port; the services take those after it`;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Tells what happens line by line, as soon as it is released. */
function createTeller() {
  const early: string[] = [];
  let isReleased = false;
  return {
    say: (who: string, what: string) => {
      const line = `${new Date().toTimeString().slice(0, 8)}  ${who.padEnd(10)}  ${what}`;
      if (isReleased) print(line);
      else early.push(line);
    },
    release: () => {
      isReleased = true;
      for (const line of early.splice(0)) print(line);
    },
  };
}

function readPort(): number {
  const { values } = parseArgs({ options: { port: { type: 'string', default: String(DEFAULT_PORT) } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_000) throw new Error(`--port is ${values.port}`);
  return port;
}

const takenNote = (port: number) => `  (port ${port} is taken by another program)`;

function tellPage({ url, port }: Pick<Demo, 'url' | 'port'>, wanted: number): void {
  print(`\nSee it at ${url}${wanted === 0 || port === wanted ? '' : takenNote(wanted)}\n`);
}

function tellCommands({ url, port, cluster }: Demo, wanted: number): void {
  print('or here. In another terminal, try');
  let next = port;
  for (const service of SERVICES) {
    next += 1;
    const { hostname, port: own, href } = new URL(cluster.urlOf(service));
    const command = service.protocol === 'http' ? `curl ${href}` : `nc ${hostname} ${own}`;
    const typing = service.protocol === 'http' ? '' : ': type a line';
    const sleeps = `# ${service.name}${typing}, sleeps after ${service.cooldownSeconds} idle seconds`;
    print(`  ${command.padEnd(36)}  ${sleeps}${wanted === 0 || Number(own) === next ? '' : takenNote(next)}`);
    next = Number(own);
  }
  print(`  curl -d '{"service":"web"}' ${url}api/actions/send-hundred`);
  print(`  curl -X POST ${url}api/actions/kill-resolver`);
  print('\nCtrl-C ends it all. What happens:\n');
}

async function main(): Promise<void> {
  const wanted = readPort();
  let demo: Demo | undefined;
  let isEnding = false;
  const end = async () => {
    // Who asks twice has waited long enough; the pods end with us.
    if (isEnding) process.exit(0);
    isEnding = true;
    await Promise.race([demo?.stop(), sleep(MAX_STOP_MS)]);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  // The terminal was closed: there is nobody left to tell.
  process.stdout.on('error', end);
  const { say, release } = createTeller();
  demo = await startDemo({ port: wanted, say, onPage: (page) => tellPage(page, wanted) });
  tellCommands(demo, wanted);
  release();
}

try {
  await main();
} catch (error) {
  const isUsage =
    (error as Error).message.startsWith('--') || (error as { code?: string }).code?.startsWith('ERR_PARSE');
  process.stderr.write(`${isUsage ? `${(error as Error).message}\n${USAGE}` : (error as Error).stack}\n`);
  process.exit(1);
}
