import { parseArgs } from 'node:util';
import { SERVICES } from './settings.ts';
import { type Demo, startDemo } from './start-demo.ts';

const DEFAULT_PORT = 7070;
const USAGE = `npm run demo -- [--port ${DEFAULT_PORT}]: the page's port; the services take those after it`;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function say(who: string, what: string): void {
  print(`${new Date().toTimeString().slice(0, 8)}  ${who.padEnd(10)}  ${what}`);
}

function readPort(): number {
  const { values } = parseArgs({ options: { port: { type: 'string', default: String(DEFAULT_PORT) } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_000) throw new Error(`--port is ${values.port}`);
  return port;
}

function tell({ url, port, cluster }: Demo, wanted: number): void {
  const elsewhere = wanted !== 0 && port !== wanted ? `  (port ${wanted} is taken by another program)` : '';
  print(`\nSee it at ${url}${elsewhere}\n\nor here. In another terminal, try`);
  for (const service of SERVICES) {
    const address = cluster.urlOf(service);
    const command =
      service.protocol === 'http' ? `curl ${address}` : `echo hello | nc -N ${address.slice(6).replace(':', ' ')}`;
    print(`  ${command.padEnd(40)}  # ${service.name}, sleeps after ${service.cooldownSeconds} idle seconds`);
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
    await demo?.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  // The terminal was closed: there is nobody left to tell.
  process.stdout.on('error', end);
  demo = await startDemo({ port: wanted, say });
  tell(demo, wanted);
}

try {
  await main();
} catch (error) {
  const isUsage =
    (error as Error).message.startsWith('--') || (error as { code?: string }).code?.startsWith('ERR_PARSE');
  process.stderr.write(`${isUsage ? `${(error as Error).message}\n${USAGE}` : (error as Error).stack}\n`);
  process.exit(1);
}
