import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfig } from '../config.ts';
import type { PortRange } from '../core/types.ts';
import { shardOf } from './claim-shards.ts';
import { portsOfShard, SHARDS } from './claim-table.ts';
import { createResolverClaims } from './resolver-claims.ts';
import { createModelClaims, makeClaimRequest } from './testing/model-claims.ts';
import { silentLog } from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

// Each ElastiService has all its claims in one ConfigMap, which holds a sixteenth of the range. Why that is enough.

const rangeOf = (env: Readonly<Record<string, string>>): PortRange => parseConfig(env).resolver.portRange;
const DEFAULT = rangeOf({});
const SMALLEST = rangeOf({ RESOLVER_PORT_RANGE: '10240-12287' });
const LARGEST_UUID = 'f'.repeat(36);

test('a ConfigMap takes the longest claims of all its ports, in use or freed', async () => {
  const clock = createVirtualClock();
  const cluster = createModelClaims();
  const settings = { namespace: 'elasti', portRange: DEFAULT, watchNamespaces: [] };
  const claims = createResolverClaims({ cluster, clock, log: silentLog, settings });
  const all = portsOfShard(DEFAULT, shardOf(LARGEST_UUID));
  const request = makeClaimRequest(LARGEST_UUID, {
    namespace: 'n'.repeat(63),
    elastiService: 'e'.repeat(253),
    service: 's'.repeat(63),
    privateService: 'p'.repeat(63),
    privateServiceUid: LARGEST_UUID,
    ports: all.map((_, i) => ({ port: 65_535 - i, portName: 'x'.repeat(63) })),
  });
  const reading = await claims.claim(request, { maxAgeSeconds: 0 });
  assert.equal(reading.kind === 'found' && reading.ports.length, all.length);
  await claims.release(LARGEST_UUID);
  assert.deepEqual(
    [...cluster.claims().values()].filter((entry) => entry?.freedAt === undefined),
    [],
  );
});

describe('the UIDs are spread so well that', () => {
  /** What is claimed of the range when the first ElastiService finds its sixteenth used up. */
  const usedUpAt = (range: PortRange, portsEach: number, name: string): number => {
    const left = Array.from({ length: SHARDS }, (_, shard) => portsOfShard(range, shard).length);
    for (let claimed = 0; ; claimed += portsEach) {
      const shard = shardOf(`${name}-${claimed}`);
      left[shard] = (left[shard] ?? 0) - portsEach;
      if ((left[shard] ?? 0) < 0) return claimed / (range.last - range.first + 1);
    }
  };

  for (const { words, range, portsEach, least } of [
    { words: 'nine tenths of the default range can be claimed', range: DEFAULT, portsEach: 1, least: 0.9 },
    { words: 'four fifths of it where each Service has three ports', range: DEFAULT, portsEach: 3, least: 0.8 },
    { words: 'half of the smallest range with three ports each', range: SMALLEST, portsEach: 3, least: 0.5 },
  ]) {
    test(words, () => {
      for (const cluster of ['one', 'another', 'a-third']) {
        const at = usedUpAt(range, portsEach, cluster);
        assert.ok(at >= least, `used up at ${at}`);
      }
    });
  }
});
