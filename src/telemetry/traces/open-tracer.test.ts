import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

// Both programs as they are started, up to where they miss an API server.
const watchCode = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      if (/traces\\/(tracer|otlp-exporter|post-spans)/.test(found.url)) loaded.push(specifier);
      return found;
    },
  });
  process.on('exit', () => console.log(JSON.stringify(loaded)));
`;
const watch = `data:text/javascript,${encodeURIComponent(watchCode)}`;

async function run(main: string, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['--import', watch, main], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    env: { PATH: process.env.PATH, KUBECONFIG: '/does/not/exist', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  assert.match(errors, /KUBECONFIG/);
  return JSON.parse(output.trim().split('\n').at(-1) as string) as string[];
}

for (const main of ['src/main.ts', 'src/resolver/main.ts']) {
  test(`${main} loads what traces only where there is a collector`, async () => {
    assert.deepEqual(await run(main, {}), []);
    const loaded = await run(main, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    assert.deepEqual(loaded.sort(), ['./otlp-exporter.ts', './post-spans.ts', './tracer.ts']);
  });
}
