import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Endpoint } from '../network/endpoints.ts';
import { createExchanges } from './exchanges.ts';
import { watchConnection } from './watch-connection.ts';

const POD: Endpoint = { address: '10.1.0.1', port: 8080, kind: 'pod' };
const RESOLVER: Endpoint = { ...POD, kind: 'resolver' };

/** Connections of clients that are not ours. */
function setup() {
  const exchanges = createExchanges();
  const told: string[] = [];
  exchanges.subscribe(({ id, state, via, error }) => told.push([id, state, via, error].filter(Boolean).join(' ')));
  const seen: string[] = [];
  const onRequest = (service: string) => void seen.push(service);
  const open = (endpoint: Endpoint | undefined) =>
    watchConnection(
      { clientPort: 1, endpoint },
      { service: 'web', exchanges, onRequest, ownExchange: () => undefined },
    );
  return { exchanges, told, seen, open };
}

it('tells the requests of a connection apart', () => {
  const { exchanges, told, seen, open } = setup();
  const { clientSent, backendSent, ended } = open(POD);
  clientSent();
  clientSent();
  backendSent(Buffer.from('HTTP/1.1 200 OK'));
  backendSent(Buffer.from('more of it'));
  clientSent();
  backendSent(Buffer.from('HTTP/1.1 503 Service Unavailable'));
  ended({ isCut: true });
  assert.deepEqual(told, ['1 sent pod', '1 answered pod', '2 sent pod', '2 lost pod answered 503']);
  assert.deepEqual(exchanges.totals(), { sent: 2, answered: 1, held: 0, lost: 1 });
  assert.deepEqual(seen, ['web', 'web']);
});

it('counts what a resolver holds, until it is answered or its client goes away', () => {
  const { exchanges, told, open } = setup();
  const [one, two, three] = [open(RESOLVER), open(RESOLVER), open(POD)];
  for (const connection of [one, two, three]) connection.clientSent();
  exchanges.holdAll('api');
  assert.equal(exchanges.totals().held, 0);
  exchanges.holdAll('web');
  exchanges.holdAll('web');
  assert.equal(exchanges.countsOf('web').held, 2);
  one.backendSent(Buffer.from('echo'));
  two.ended({ isCut: false });
  assert.deepEqual(exchanges.totals(), { sent: 2, answered: 1, held: 0, lost: 0 });
  assert.deepEqual(told.slice(3), [
    '1 held resolver',
    '2 held resolver',
    '1 answered resolver',
    '2 answered resolver the client went away',
  ]);
});

it('knows a request as held whose connection was held before it said a word, and no later one', () => {
  const { exchanges, told, open } = setup();
  const silent = open(RESOLVER);
  exchanges.holdAll('web');
  silent.clientSent();
  assert.deepEqual(told, ['1 sent resolver', '1 held resolver']);
  silent.backendSent(Buffer.from('echo'));
  silent.ended({ isCut: false });
  open(POD).clientSent();
  assert.deepEqual(told.slice(3), ['2 sent pod']);
});

it('calls a request lost whose connection is cut, and one without words none', () => {
  const { exchanges, open } = setup();
  open(POD).ended({ isCut: true });
  assert.deepEqual(exchanges.totals(), { sent: 0, answered: 0, held: 0, lost: 0 });
  const { clientSent, ended } = open(POD);
  clientSent();
  ended({ isCut: true });
  assert.deepEqual(exchanges.totals(), { sent: 1, answered: 0, held: 0, lost: 1 });
});
