import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../e2e/cluster/wait.ts';
import type { DemoState } from './api.ts';
import { findFreePorts, listenNear } from './network/ports.ts';

const PROGRAM = fileURLToPath(new URL('./run.ts', import.meta.url));

/** Starts the program as `npm run demo` does; it ends with the test. */
async function startProgram(t: TestContext, port: number) {
  const child = spawn(process.execPath, [PROGRAM, '--port', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const url = await until(
    'all to be there',
    () => {
      assert.equal(child.exitCode, null, output);
      return output.includes('What happens:') ? /See it at (\S+)/.exec(output)?.[1] : undefined;
    },
    { timeoutMs: 90_000 },
  );
  return { child, url, output: () => output };
}

/** The processes of the pods that answer over HTTP, each asked once. */
async function podsOf(url: string): Promise<readonly number[]> {
  const { services } = (await (await fetch(`${url}api/state`)).json()) as DemoState;
  const answers = await Promise.all(
    services.filter(({ url }) => url.startsWith('http')).map(async ({ url }) => (await fetch(url)).text()),
  );
  return answers.map((answer) => Number(/process (\d+)/.exec(answer)?.[1]));
}

/** One that has ended and whose parent has not looked yet does not run. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux';
  }
}

async function assertEnds(
  child: ChildProcess,
  pids: readonly number[],
  signal: NodeJS.Signals,
): Promise<number | null> {
  assert.equal(pids.length, 3);
  assert.ok(pids.every(isRunning), `${pids} run`);
  const exited = once(child, 'exit');
  child.kill(signal);
  const [code] = await exited;
  await until('every pod to end', () => !pids.some(isRunning));
  return code;
}

for (const signal of ['SIGINT', 'SIGHUP'] as const) {
  it(`leaves no process behind after ${signal}`, async (t) => {
    const { child, url, output } = await startProgram(t, 0);
    assert.equal(await assertEnds(child, await podsOf(url), signal), 0, output());
  });
}

it('leaves no process behind when it is killed', async (t) => {
  const { child, url } = await startProgram(t, 0);
  await assertEnds(child, await podsOf(url), 'SIGKILL');
});

it('takes other ports where its own are taken, says so, and prints where everything is', async (t) => {
  const [port = 0] = await findFreePorts(1);
  const [one, two] = [createServer(), createServer()];
  t.after(() => [one.close(), two.close()]);
  const taken = [await listenNear(one, port), await listenNear(two, port + 3)];
  const { child, url, output } = await startProgram(t, port);
  assert.notEqual(Number(new URL(url).port), taken[0]);
  assert.match(output(), new RegExp(`See it at ${url}  \\(port ${port} is taken by another program\\)`));
  assert.match(output(), new RegExp(`\\(port ${taken[1]} is taken by another program\\)`));
  const commands = [...output().matchAll(/^ {2}curl (http:\S+) +# (\w+),/gm)];
  assert.deepEqual(
    commands.map(([, , name]) => name),
    ['web', 'api', 'reports'],
  );
  for (const [, address = '', name] of commands) {
    assert.match(await (await fetch(address)).text(), new RegExp(`^hello from ${name},`));
  }
  assert.equal(await assertEnds(child, await podsOf(url), 'SIGTERM'), 0, output());
});

it('says what is wrong with an option, and starts nothing', async () => {
  const child = spawn(process.execPath, [PROGRAM, '--port', 'http'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(output, /^--port is http\nnpm run demo/);
});
