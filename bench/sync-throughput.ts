import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { printLine, printTable } from './print.ts';
import { median, spread } from './stats.ts';
import { readBodies } from './sync-throughput/bodies.ts';
import { type Load, makeRequest, openLoad } from './sync-throughput/load.ts';
import { profileHooks } from './sync-throughput/profile.ts';
import { type ServerProcess, startServer } from './sync-throughput/server-process.ts';

// How many POST /sync a second our hooks answer, as a share of what a bare JSON server reaches with the same bodies.

const GOAL = 0.7;
const CONNECTIONS = 8;
const WINDOW_MS = 1500;
/** Until the compiler has seen enough of it: on a busy machine that is long. */
const WARM_UP_REQUESTS = 60_000;
const WARM_UP_MS = 40_000;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, profile: { type: 'boolean', default: false } },
});
const bodies = readBodies();
const loads = [
  ...bodies.map(({ name, text }) => ({ name, bytes: text.length, requests: [makeRequest(text)] })),
  { name: 'all in turn', bytes: 0, requests: bodies.map(({ text }) => makeRequest(text)) },
];

interface Window {
  readonly perSecond: number;
  readonly cpuUs: number;
}

async function compare(rounds: number): Promise<void> {
  const [hooks, bare] = await Promise.all([start('hooks-server.ts'), start('bare-server.ts')]);
  await checkAnswers(hooks.load);
  for (const { load } of [hooks, bare]) await warmUp(load);

  const windows = loads.map(() => ({ hooks: [] as Window[], bare: [] as Window[] }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, { requests }] of loads.entries()) {
      const measured = windows[i] as (typeof windows)[number];
      // Each goes first every other time, so that what drifts meets both alike.
      const turns = [() => measure(hooks, requests, measured.hooks), () => measure(bare, requests, measured.bare)];
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
    }
  }
  await Promise.all([hooks.stop(), bare.stop()]);

  printTable(
    `POST /sync, ${CONNECTIONS} connections, ${rounds} x ${WINDOW_MS} ms each, ${availableParallelism()} cores`,
    [
      ['body', 'bytes', 'hooks req/s', 'bare req/s', 'ratio', 'middle half', 'CPU us/req', 'bare CPU us', 'CPU ratio'],
      ...loads.map(({ name, bytes }, i) => rowOf(name, bytes, windows[i] as (typeof windows)[number])),
    ],
  );
  const all = ratiosOf(windows.at(-1) as (typeof windows)[number]);
  const verdict = median(all) >= GOAL ? 'met' : 'MISSED';
  printLine(`  ratio ${median(all).toFixed(2)} with all bodies in turn; goal >= ${GOAL}: ${verdict}`);
}

async function warmUp(load: Load): Promise<void> {
  const endsAtMs = performance.now() + WARM_UP_MS;
  const all = bodies.map(({ text }) => makeRequest(text));
  let answered = 0;
  while (answered < WARM_UP_REQUESTS && performance.now() < endsAtMs) answered += await load.run(all, 1000);
  if (answered >= WARM_UP_REQUESTS) return;
  printLine(
    `  only ${answered.toFixed(0)} requests to warm up: the machine is too busy for figures that mean anything`,
  );
}

async function start(file: Parameters<typeof startServer>[0]) {
  const server = await startServer(file);
  const load = await openLoad(server.port, CONNECTIONS);
  return {
    ...server,
    load,
    stop: async () => {
      load.close();
      await server.stop();
    },
  };
}

/** An answer that is quick because it is wrong must not count. */
async function checkAnswers(load: Load): Promise<void> {
  for (const { name, text, answer } of bodies) {
    const { status, body } = await load.ask(makeRequest(text));
    assert.equal(status, 200, `${name}: ${body}`);
    assert.deepEqual(JSON.parse(body), answer, name);
  }
}

async function measure(
  server: { readonly load: Load; readonly cpuMs: ServerProcess['cpuMs'] },
  requests: readonly Buffer[],
  into: Window[],
): Promise<void> {
  const [beforeMs, startedAtMs] = [await server.cpuMs(), performance.now()];
  const perSecond = await server.load.run(requests, WINDOW_MS);
  const answered = (perSecond * (performance.now() - startedAtMs)) / 1000;
  into.push({ perSecond, cpuUs: (((await server.cpuMs()) - beforeMs) * 1000) / answered });
}

type Windows = { readonly hooks: readonly Window[]; readonly bare: readonly Window[] };

function ratiosOf({ hooks, bare }: Windows): readonly number[] {
  return hooks.map(({ perSecond }, i) => perSecond / (bare[i]?.perSecond ?? Number.NaN));
}

function rowOf(name: string, bytes: number, measured: Windows): readonly (string | number)[] {
  const { hooks, bare } = measured;
  const ratios = ratiosOf(measured);
  const cpuRatios = hooks.map(({ cpuUs }, i) => (bare[i]?.cpuUs ?? Number.NaN) / cpuUs);
  const middle = (list: readonly Window[], of: keyof Window) => median(list.map((w) => w[of])).toFixed(0);
  return [
    name,
    bytes || '',
    middle(hooks, 'perSecond'),
    middle(bare, 'perSecond'),
    median(ratios).toFixed(2),
    spread(ratios),
    middle(hooks, 'cpuUs'),
    middle(bare, 'cpuUs'),
    median(cpuRatios).toFixed(2),
  ];
}

if (values.profile) await profileHooks(loads.at(-1)?.requests ?? []);
else await compare(Number(values.rounds));
