import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvent } from './destination.ts';

// As conntrack 1.4.7 prints them.
const CLIENT = 'src=10.244.0.18 dst=10.96.208.37 sport=20443 dport=80';
const REPLY = 'src=10.244.1.33 dst=10.244.0.18 sport=10259 dport=20443';
const NEW = `    [NEW] tcp      6 120 SYN_SENT ${CLIENT} [UNREPLIED] ${REPLY}`;
const PASSED_ON =
  ' [UPDATE] tcp      6 432000 ESTABLISHED src=10.244.1.35 dst=10.244.1.35 sport=58770 dport=8082 src=10.244.1.35 dst=10.244.1.35 sport=8082 dport=58770 [ASSURED]';

test("a client's first packet tells whom its connection was sent to", () => {
  const source = { localAddress: '10.244.0.18', localPort: 20_443 };
  assert.deepEqual(readEvent(NEW, 7), { kind: 'sent', source, sent: { address: '10.244.1.33', atMs: 7 } });
});

test('a connection of another counts once it was accepted', () => {
  const passedOn = { address: '10.244.1.35', port: 8082, atMs: 7 };
  assert.deepEqual(readEvent(PASSED_ON, 7), { kind: 'passedOn', passedOn });
  assert.equal(readEvent(PASSED_ON.replace('[UPDATE]', '[NEW]').replace('ESTABLISHED', 'SYN_SENT'), 7), undefined);
  assert.equal(readEvent(PASSED_ON.replace('ESTABLISHED', 'SYN_RECV'), 7), undefined);
});

test('what else comes says nothing', () => {
  assert.equal(readEvent(NEW.replace('[NEW]', '[UPDATE]').replace('SYN_SENT', 'ESTABLISHED'), 7), undefined);
  assert.equal(readEvent('conntrack v1.4.7 (conntrack-tools): 12 flow events have been shown.', 7), undefined);
});
