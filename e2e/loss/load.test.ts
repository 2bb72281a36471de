import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createChance } from '../../simulation/chance.ts';
import { until } from '../cluster/wait.ts';
import { createBook } from './book.ts';
import { createLoad } from './load.ts';
import type { Site } from './site.ts';

/** A Service of which the plain TCP answers, and nothing else. */
async function setup(t: TestContext) {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const ports = { http: port, echo: port, grpc: port };
  const site: Site = { name: 'web', namespace: 'loss', manners: 'graceful', clusterIp: '127.0.0.1', ports };
  const book = createBook(() => 'none', { find: async () => undefined });
  const nextSource = () => ({ localAddress: '127.0.0.1', localPort: 0 });
  const load = createLoad({ site, book, chance: createChance(1), nextSource });
  const sent = () => book.tallies.get('none graceful')?.sent ?? 0;
  return { load, book, sent };
}

test('once a flow has ended, nothing more of it is entered', async (t) => {
  const { load, book, sent } = await setup(t);
  await load.flow({ kept: 'held', newEveryMs: 20 });
  await until('some to flow', () => sent() > 10, { everyMs: 5 });
  await load.flow({});
  const before = sent();
  await sleep(300);
  assert.equal(sent(), before);
  await book.settled();
  assert.equal(book.open, 0);
});
