import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../testing/free-port.ts';
import { makeCertificate } from './testing/certificate.ts';
import { makeRoute } from './testing/models.ts';
import { createPrograms, missingPrograms, type Program } from './testing/programs.ts';
import { HOST, startWorld, until } from './testing/world.ts';

// Real databases with their own clients, through sleep, hold, wake, the switch back to the pods, and sleep again.

interface Database {
  /** Starts it on the port; resolves when it serves. */
  start(port: number): Promise<Program>;
  /** Opens a session of its client. */
  connect(port: number): Program;
  /** Asks several things in a session, the second of which must remember the first. */
  talk(session: Program): Promise<void>;
}

async function passes(t: TestContext, { start, connect, talk }: Database): Promise<void> {
  const route = makeRoute('db', await freePort());
  const podPort = await freePort();
  const world = await startWorld(t, { routes: [route] });
  const count = (what: string) => world.told.filter((each) => each === what).length;
  const wake = async (): Promise<Program> => {
    const database = await start(podPort);
    world.setPods(route, { address: HOST, port: podPort });
    return database;
  };

  const cold = connect(route.resolverPort);
  const talked = talk(cold);
  await Promise.race([talked, until(() => world.wakes.length === 1)]);
  const database = await wake();
  await talked;
  assert.equal(count('held'), 1);

  const warm = connect(route.resolverPort);
  await talk(warm);
  assert.equal(count('held'), 1);

  // Traffic goes to the pods again; what is open goes on.
  const direct = connect(podPort);
  await talk(direct);
  for (const session of [cold, warm, direct]) await talk(session);
  assert.equal(count('ended'), 0);

  for (const session of [cold, warm, direct]) await session.stop('SIGTERM');
  await until(() => count('ended') === 2);
  world.setPods(route);
  await database.stop('SIGINT');
  const again = connect(route.resolverPort);
  const talkedAgain = talk(again);
  await Promise.race([talkedAgain, until(() => count('held') === 2)]);
  await wake();
  await talkedAgain;
}

/** A folder that ends with the test. */
function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'elasti-database-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const idOf = (user: string, which: '-u' | '-g') => Number(execFileSync('id', [which, user], { encoding: 'utf8' }));

const POSTGRES = ['initdb', 'postgres', 'psql', 'setpriv', 'openssl'];
for (const { words, sslmode, isEncrypted } of [
  { words: 'PostgreSQL', sslmode: 'disable', isEncrypted: 'f' },
  { words: 'PostgreSQL over TLS', sslmode: 'require', isEncrypted: 't' },
]) {
  const skip = missingPrograms(POSTGRES);
  test(`${words} passes through sleep, wake and switch back`, { timeout: 120_000, skip }, async (t) => {
    const startProgram = createPrograms(t);
    const folder = makeFolder(t);
    const [data, pem] = [join(folder, 'data'), join(folder, 'tls.pem')];
    writeFileSync(pem, makeCertificate().key, { mode: 0o600 });
    // It refuses to run as root.
    const user = process.getuid?.() === 0 ? 'postgres' : undefined;
    if (user) for (const path of [folder, pem]) chownSync(path, idOf(user, '-u'), idOf(user, '-g'));
    const options = { user };
    const init = startProgram(['initdb', '-D', data, '-U', 'web', '-A', 'trust', '--no-locale', '-N'], options);
    assert.equal(await init.exited, 0, init.output());
    const tls = ['-c', 'ssl=on', '-c', `ssl_cert_file=${pem}`, '-c', `ssl_key_file=${pem}`];
    await passes(t, {
      start: async (port) => {
        const listen = ['-h', HOST, '-p', `${port}`, '-k', folder];
        const database = startProgram(['postgres', '-D', data, ...listen, '-F', ...tls], options);
        await database.says(/ready to accept connections/);
        return database;
      },
      connect: (port) =>
        startProgram(['psql', '-XAtq', `postgresql://web@${HOST}:${port}/postgres?sslmode=${sslmode}`]),
      talk: async ({ ask }) => {
        await ask("set application_name = 'talker'; select 1;");
        assert.equal(await ask('show application_name;'), 'talker');
        assert.equal(await ask('select ssl from pg_stat_ssl where pid = pg_backend_pid();'), isEncrypted);
        assert.equal((await ask("select repeat('x', 1000000);")).length, 1_000_000);
        assert.equal(await ask(`select length('${'y'.repeat(500_000)}');`), '500000');
      },
    });
  });
}

const REDIS = ['redis-server', 'redis-cli', 'setpriv'];
test('Redis passes through sleep, wake and switch back', {
  timeout: 60_000,
  skip: missingPrograms(REDIS),
}, async (t) => {
  const startProgram = createPrograms(t);
  const folder = makeFolder(t);
  await passes(t, {
    start: async (port) => {
      const settings = ['--bind', HOST, '--port', `${port}`, '--dir', folder, '--save', '', '--appendonly', 'no'];
      const database = startProgram(['redis-server', ...settings]);
      await database.says(/Ready to accept connections/);
      return database;
    },
    connect: (port) => startProgram(['redis-cli', '-h', HOST, '-p', `${port}`]),
    talk: async ({ ask }) => {
      assert.equal(await ask('CLIENT SETNAME talker'), 'OK');
      assert.equal(await ask('CLIENT GETNAME'), 'talker');
      assert.equal(await ask(`SET big ${'z'.repeat(500_000)}`), 'OK');
      assert.equal((await ask('GET big')).length, 500_000);
    },
  });
});
