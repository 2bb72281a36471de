import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../../src/testing/free-port.ts';
import { until } from '../../cluster/wait.ts';
import type { Site } from '../site.ts';
import { askHttp } from './ask-http.ts';
import type { Kept } from './kept.ts';
import { openKeptGrpc } from './kept-grpc.ts';
import { openKeptHttp } from './kept-http.ts';
import { openKeptTcp, sayOnce } from './kept-tcp.ts';

const HOST = '127.0.0.1';
const nextSource = () => ({ localAddress: HOST, localPort: 0 });
const OPEN = { http: openKeptHttp, tcp: openKeptTcp, grpc: openKeptGrpc } as const;

interface App {
  readonly site: Site;
  readonly child: ChildProcess;
}

/** The sample app as a process of this machine. */
async function startApp(t: TestContext, { pod = 'web-1' } = {}): Promise<App> {
  const [http, echo, grpc] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports = { PORT: `${http}`, ECHO_PORT: `${echo}`, GRPC_PORT: `${grpc}` };
  const env = { ...process.env, ...ports, POD_IP: HOST, HOSTNAME: pod, ON_TERM: 'drain' };
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../cluster/sample-app.ts')], { env });
  t.after(() => child.kill('SIGKILL'));
  const site: Site = {
    name: 'web',
    namespace: 'loss',
    manners: 'graceful',
    clusterIp: HOST,
    ports: { http, echo, grpc },
  };
  await until('the app to listen', async () => (await sayOnce(site, nextSource())).lost === undefined, { everyMs: 20 });
  return { site, child };
}

const askOnce = (site: Site) => askHttp({ site, workMs: 0, source: nextSource() });

test('clients with a new connection are answered', async (t) => {
  const { site } = await startApp(t);
  const outcomes = await Promise.all([askOnce(site), sayOnce(site, nextSource())]);
  assert.deepEqual(
    outcomes.map(({ lost }) => lost),
    [undefined, undefined],
  );
});

test('an answer of a pod of another Service is wrong', async (t) => {
  const { site } = await startApp(t, { pod: 'other-1' });
  assert.equal((await askOnce(site)).lost?.end, 'wrong');
});

for (const [name, open] of Object.entries(OPEN)) {
  test(`a kept connection over ${name} says several things, leaves, and loses nothing`, async (t) => {
    const { site } = await startApp(t);
    const kept: Kept = open(site, nextSource);
    const outcomes = await Promise.all([kept.say(), kept.say(), kept.say(), kept.leave()]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome?.lost),
      Array.from(outcomes, () => undefined),
    );
  });

  test(`a kept connection over ${name} that is killed loses what it had said`, async (t) => {
    const { site, child } = await startApp(t);
    const kept: Kept = open(site, nextSource);
    assert.equal((await kept.say()).lost, undefined);
    child.kill('SIGSTOP');
    const saying = kept.say();
    child.kill('SIGKILL');
    const { lost, isRepeated } = await saying;
    // Over HTTP it is sent once more, to nobody or to a listener that is going too.
    assert.match(lost?.end ?? '', name === 'http' ? /^(refused|reset)$/ : /^reset$/);
    assert.equal(isRepeated, name === 'http' ? true : undefined);
    kept.leave();
  });
}

for (const name of ['tcp', 'grpc'] as const) {
  test(`a kept connection over ${name} is asked to leave by an app that ends, and loses nothing`, async (t) => {
    const { site, child } = await startApp(t);
    const kept: Kept = OPEN[name](site, nextSource);
    await kept.say();
    child.kill('SIGTERM');
    await until('the client to be asked to leave', () => kept.isSpent, { everyMs: 5 });
    assert.equal((await kept.say()).lost, undefined, 'it still answers');
    assert.equal((await kept.leave())?.lost, undefined);
    await once(child, 'exit');
    assert.equal(child.exitCode, 0);
  });
}
