import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { it, type TestContext } from 'node:test';
import { until } from '../../e2e/cluster/wait.ts';
import { createStore } from '../control-plane/store.ts';
import { createAddresses } from './addresses.ts';
import { createKubeProxy } from './kube-proxy.ts';
import { HOST, listenNear } from './ports.ts';

const NAME = { namespace: 'shop', service: 'web', port: 'main' };

async function setup(t: TestContext) {
  const store = createStore();
  const addresses = createAddresses();
  const kubeProxy = createKubeProxy({ store, addresses });
  t.after(() => kubeProxy.close());
  const told: string[] = [];
  const address = await kubeProxy.serve(NAME, {
    wantedPort: 0,
    watch: ({ endpoint }) => ({
      clientSent: () => told.push(`client to ${endpoint?.kind}`),
      backendSent: (chunk) => told.push(`backend ${chunk}`),
      ended: ({ isCut }) => told.push(isCut ? 'cut' : 'ended'),
    }),
  });
  /** A pod that says its name before it says what it hears. */
  const startPod = async (ip: string) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(`${ip} `);
      socket.pipe(socket);
    });
    t.after(() => server.close());
    addresses.bind(ip, 8080, await listenNear(server, 0));
  };
  const putSlice = (
    endpoints: readonly { readonly ip: string; readonly ready?: boolean; readonly leaves?: boolean }[],
  ) =>
    store.put('endpointslices', {
      metadata: { name: 'own', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
      endpoints: endpoints.map(({ ip, ready = true, leaves = false }) => ({
        addresses: [ip],
        conditions: { ready: ready && !leaves, serving: ready, terminating: leaves },
      })),
      ports: [{ name: 'main', port: 8080 }],
    });
  const untilProgrammed = (...ips: readonly string[]) =>
    until(
      `${ips} to be programmed`,
      () =>
        address
          .endpoints()
          .map((each) => each.address)
          .join() === ips.join(),
    );
  const dial = () => {
    const socket = connect({ host: HOST, port: address.port });
    t.after(() => socket.destroy());
    return socket;
  };
  return { kubeProxy, told, startPod, putSlice, untilProgrammed, dial };
}

it('carries a connection to a ready endpoint, byte for byte, with its half close', async (t) => {
  const { told, startPod, putSlice, untilProgrammed, dial } = await setup(t);
  await startPod('10.1.0.1');
  putSlice([{ ip: '10.1.0.1' }, { ip: '10.1.0.2', ready: false }, { ip: '10.1.0.3', leaves: true }]);
  await untilProgrammed('10.1.0.1');
  const socket = dial();
  socket.end('hello');
  assert.equal(await text(socket), '10.1.0.1 hello');
  await until('its end to be told', () => told.includes('ended'));
  assert.ok(told.includes('client to pod') && told.includes('backend 10.1.0.1 '), told.join());
});

it('sends to endpoints that leave where no other is left', async (t) => {
  const { startPod, putSlice, untilProgrammed, dial } = await setup(t);
  await startPod('10.1.0.3');
  putSlice([
    { ip: '10.1.0.2', ready: false },
    { ip: '10.1.0.3', leaves: true },
  ]);
  await untilProgrammed('10.1.0.3');
  const socket = dial();
  socket.end('hello');
  assert.equal(await text(socket), '10.1.0.3 hello');
});

it('resets where there is no endpoint, and where nobody is at its address', async (t) => {
  const { told, putSlice, untilProgrammed, dial } = await setup(t);
  const assertReset = async () => {
    const [error] = await once(dial(), 'error');
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
    await until('it to be told', () => told.shift() === 'cut');
  };
  await assertReset();
  putSlice([{ ip: '10.1.0.9' }]);
  await untilProgrammed('10.1.0.9');
  await assertReset();
});

it('resets what it carries to a pod that is killed', async (t) => {
  const { kubeProxy, told, startPod, putSlice, untilProgrammed, dial } = await setup(t);
  await startPod('10.1.0.1');
  putSlice([{ ip: '10.1.0.1' }]);
  await untilProgrammed('10.1.0.1');
  const socket = dial();
  await once(socket, 'data');
  const broken = once(socket, 'error');
  kubeProxy.cut('10.1.0.1');
  assert.equal(((await broken)[0] as NodeJS.ErrnoException).code, 'ECONNRESET');
  await until('it to be told', () => told.includes('cut'));
});
