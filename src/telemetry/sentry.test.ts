import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

// Sentry's state is the process's, and an unhandled error ends it: each case runs in a process of its own, started as
// the service is, against a stand-in for the ingest endpoint.

const instrument = new URL('../instrument.ts', import.meta.url).href;
const reportingCode = `
  const { createSentryReporter } = await import('${new URL('./report.ts', import.meta.url).href}');
  const { KubeApiError, InvalidRequestError } = await import('${new URL('../errors.ts', import.meta.url).href}');
  const { report, flush } = createSentryReporter({ monotonicMs: () => performance.now() });
`;
/** Loaded before everything else: tells at the end whether Sentry was loaded, and what was connected to. */
const watchCode = `
  import { registerHooks } from 'node:module';
  import net from 'node:net';
  let isLoaded = false;
  let connects = 0;
  const resolve = (specifier, context, next) => {
    isLoaded ||= specifier.startsWith('@sentry/');
    return next(specifier, context);
  };
  registerHooks({ resolve });
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    connects += 1;
    return connect.apply(this, args);
  };
  process.on('exit', () => console.log(JSON.stringify({ isLoaded, connects })));
`;

const secrets = {
  HOOK_TOKEN: 'hook-s3cret',
  PROMETHEUS_TRIGGER_AUTHORIZATION_HEADER: 'Custom prometheus-s3cret',
  UNRELATED_PASSWORD: 'unrelated-s3cret',
};

async function setup(t: TestContext) {
  const bodies: string[] = [];
  const paths: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    paths.push(request.url?.split('?')[0]);
    bodies.push(JSON.stringify(request.headers) + (await text(request)));
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const dsn = `http://key@127.0.0.1:${(server.address() as AddressInfo).port}/1`;

  /** Runs the code as the service would run, and gives its exit code and output. */
  const run = async (code: string, env: Record<string, string> = {}) => {
    const { PATH = '' } = process.env;
    const watch = `data:text/javascript,${encodeURIComponent(watchCode)}`;
    const args = ['--import', watch, '--import', instrument, '--input-type=module', '-e', code];
    const child = spawn(process.execPath, args, {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { PATH, ...secrets, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [output, errors, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { output, errors, exitCode };
  };

  /** The events received; a body is an envelope, one JSON object a line. */
  const events = () =>
    bodies.flatMap((body) => {
      const lines = body
        .split('\n')
        .slice(1)
        .map((line) => JSON.parse(line || '{}'));
      return lines.filter((_line, index) => lines[index - 1]?.type === 'event');
    });
  return { dsn, bodies, paths, run, events };
}

test('a bug arrives with its place and ElastiService, and without a secret', async (t) => {
  const { dsn, run, bodies, paths, events } = await setup(t);
  const { errors, exitCode } = await run(
    `${reportingCode}
    const cause = Object.assign(new RangeError('cause-s3cret'), { code: 'ERR_X', headers: { authorization: 'header-s3cret' } });
    const error = new TypeError('hook-s3cret at http://u:url-s3cret@host/?q=query-s3cret with Bearer bearer-s3cret', { cause });
    error.response = { headers: { cookie: 'cookie-s3cret' } };
    console.log('breadcrumb-s3cret');
    await fetch('${'http://127.0.0.1:1/?token=fetch-s3cret'}').catch(() => {});
    report(error, { where: '/sync', namespace: 'shop', name: 'web' });
    await flush(5000);`,
    { SENTRY_DSN: dsn, SENTRY_ENVIRONMENT: 'staging' },
  );
  assert.deepEqual({ errors, exitCode, paths }, { errors: '', exitCode: 0, paths: ['/api/1/envelope/'] });
  const [event, ...rest] = events();
  assert.deepEqual(rest, []);
  assert.deepEqual(event.tags, {
    where: '/sync',
    code: 'TypeError',
    namespace: 'shop',
    name: 'web',
    causes: 'RangeError ERR_X',
  });
  assert.equal(event.environment, 'staging');
  const [exception, ...others] = event.exception.values;
  assert.deepEqual(others, []);
  assert.equal(exception.type, 'TypeError');
  assert.equal(exception.value, '(hidden) at http://(hidden)@host/?(hidden) with Bearer (hidden)');
  assert.ok(exception.stacktrace.frames.length > 0);
  assert.doesNotMatch(bodies.join('\n'), /s3cret/);
});

test('nothing is sent for what is expected', async (t) => {
  const { dsn, run, paths } = await setup(t);
  const { errors, exitCode } = await run(
    `${reportingCode}
    report(new KubeApiError('CONFLICT', 'x'), { where: '/sync' });
    report(new InvalidRequestError('x'), { where: '/sync' });
    await flush(5000);`,
    { SENTRY_DSN: dsn },
  );
  assert.deepEqual({ errors, exitCode, paths }, { errors: '', exitCode: 0, paths: [] });
});

for (const [title, throwing] of [
  ['an exception that nobody caught', `setTimeout(() => { throw new Error('boom hook-s3cret'); });`],
  ['a rejection that nobody handled', `Promise.reject(new Error('boom hook-s3cret'));`],
] as const) {
  test(`${title} arrives, and ends the process`, async (t) => {
    const { dsn, run, bodies, events } = await setup(t);
    const { exitCode } = await run(`${throwing} setInterval(() => {}, 1000);`, { SENTRY_DSN: dsn });
    assert.equal(exitCode, 1);
    assert.deepEqual(
      events().map(({ exception, level }) => [exception.values[0].value, level]),
      [['boom (hidden)', 'fatal']],
    );
    assert.doesNotMatch(bodies.join('\n'), /s3cret/);
  });
}

for (const [title, env] of [
  ['without a DSN', {}],
  ['with a DSN that is none', { SENTRY_DSN: 'nonsense' }],
] as const) {
  test(`${title} a bug is reported nowhere, and Sentry is not even loaded`, async (t) => {
    const { run } = await setup(t);
    const { output, errors } = await run(
      `${reportingCode}
      report(new Error('boom'), { where: '/sync' });
      await flush(5000);`,
      env,
    );
    assert.deepEqual({ output, errors }, { output: '{"isLoaded":false,"connects":0}\n', errors: '' });
  });
}

test('an idle process with a DSN connects to nothing and ends by itself', async (t) => {
  const { dsn, run, paths } = await setup(t);
  const { output, exitCode } = await run(reportingCode, { SENTRY_DSN: dsn });
  assert.deepEqual({ output, exitCode }, { output: '{"isLoaded":true,"connects":0}\n', exitCode: 0 });
  assert.deepEqual(paths, []);
});
