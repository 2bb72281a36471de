import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvent, readNetfilterSockets } from './destination.ts';

// As conntrack 1.4.7 prints them.
const CLIENT = 'src=10.244.0.18 dst=10.96.208.37 sport=20443 dport=80';
const REPLY = 'src=10.244.1.33 dst=10.244.0.18 sport=10259 dport=20443';
const AT = `[${(performance.timeOrigin + 7) / 1000}]\t`;
const NEW = `${AT}    [NEW] tcp      6 120 SYN_SENT ${CLIENT} [UNREPLIED] ${REPLY}`;
const PASSED_ON = `${AT} [UPDATE] tcp      6 432000 ESTABLISHED src=10.244.1.35 dst=10.244.1.35 sport=58770 dport=8082 src=10.244.1.35 dst=10.244.1.35 sport=8082 dport=58770 [ASSURED]`;

/** The time of news is a fraction of a millisecond off. */
function read(line: string) {
  const event = readEvent(line);
  const at = event && (event.kind === 'sent' ? event.sent : event.passedOn);
  assert.equal(Math.round(at?.atMs ?? 0), 7);
  return { ...event, ...(event?.kind === 'sent' ? { sent: event.sent.address } : { passedOn: event?.passedOn.port }) };
}

test("a client's first packet tells whom its connection was sent to, and later ones where that got lost", () => {
  const source = { localAddress: '10.244.0.18', localPort: 20_443 };
  assert.deepEqual(read(NEW), { kind: 'sent', source, sent: '10.244.1.33', isFirst: true });
  const closed = NEW.replace('[NEW]', '[UPDATE]').replace('SYN_SENT', 'CLOSE').replace('[UNREPLIED] ', '');
  assert.deepEqual(read(closed), { kind: 'sent', source, sent: '10.244.1.33', isFirst: false });
});

test('a connection of another counts once it was accepted', () => {
  const accepted = { kind: 'passedOn', connection: '10.244.1.35 58770 10.244.1.35 8082', passedOn: 8082 };
  assert.deepEqual(read(PASSED_ON), accepted);
  assert.deepEqual(read(PASSED_ON.replace('ESTABLISHED', 'SYN_RECV')), accepted);
  for (const state of ['SYN_SENT', 'CLOSE'])
    assert.equal(readEvent(PASSED_ON.replace('ESTABLISHED', state)), undefined);
});

test('what else comes says nothing', () => {
  assert.equal(readEvent('conntrack v1.4.7 (conntrack-tools): 12 flow events have been shown.'), undefined);
});

// As Linux 6.18 prints it.
const NETLINK = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
000000004caa4310 12  0          00000000 0        0        0     2        0        566
000000007ed7a9d8 12  2299845319 00000003 0        0        0     2        41       10621550
00000000ad04e285 0   971        00000000 0        0        0     2        7        10621549
`;

test('says how much of the news about connections was dropped', () => {
  assert.deepEqual(readNetfilterSockets(NETLINK), [
    { groups: '00000000', drops: 0 },
    { groups: '00000003', drops: 41 },
  ]);
});
