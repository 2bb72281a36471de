import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CustomizeRequest, SyncRequest } from '../src/api/hooks.ts';
import { checkAnswer } from '../src/core/check-answer.ts';
import { customize } from '../src/core/customize.ts';
import { observe, parseElastiService } from '../src/core/observe.ts';
import { observedChildren } from '../src/core/resources/children.ts';
import { isSame } from '../src/core/resources/same.ts';
import type { FinalizeResult, SyncResult } from '../src/core/types.ts';
import { applyAnswer, changesBetween } from './apply-answer.ts';
import { answer, gather, type Setup, setupOf } from './ask-core.ts';
import {
  checkFiles,
  compareResponse,
  type Golden,
  type GoldenContext,
  readGoldens,
  readJson,
  roundTrip,
  SETTINGS,
} from './golden.ts';

const isRewriting = process.env.UPDATE_GOLDEN === '1';
const goldens = readGoldens(new URL('./', import.meta.url));

const REDIRECTION = ['status.redirectedSince', 'status.redirectionHash'];

/** The answer, once applied, stands: what the next one changes is told by `then`, no more and no less. */
function checkSettles(golden: Golden, first: SyncResult | FinalizeResult, request: SyncRequest, setup: Setup) {
  // Nobody asks again about what is finalized.
  if (isFinal(first)) return;
  const { then } = readJson(golden.folder, 'context.json') as GoldenContext;
  const hook = golden.hook === 'sync' ? 'sync' : 'finalize';
  const next = applyAnswer(request, first);
  const second = roundTrip(answer(hook, next, setup));
  // Where a patch is due, status and children follow from what comes of it.
  const isPatching = first.scalePatches.length > 0;
  // Since when traffic is redirected is told by what a request shows, so it follows one answer after the slices.
  const isFollowing = hook === 'sync' && isChangingChildren(request, first, setup);
  const changes = changesBetween(first, second).filter(
    (change) => (change === 'events' || !isPatching) && !(REDIRECTION.includes(change) && isFollowing),
  );
  assert.deepEqual(changes, then?.changes ?? [], 'what the next answer changes');
  if (isPatching || second.scalePatches.length > 0 || isFinal(second)) return;
  const third = roundTrip(answer(hook, applyAnswer(next, second), setup));
  const late = then === undefined ? [] : REDIRECTION;
  const still = changesBetween(second, third).filter((change) => !late.includes(change));
  assert.deepEqual(still, [], 'what the answer after that changes');
}

const isFinal = (result: SyncResult | FinalizeResult) => 'finalized' in result && result.finalized;

function isChangingChildren(request: SyncRequest, { children }: SyncResult, { settings }: Setup): boolean {
  const elastiService = parseElastiService(request.parent);
  if ('invalid' in elastiService) return false;
  const { privateService, slices } = observedChildren(observe(request, elastiService, settings));
  return !isSame(roundTrip([...(privateService ? [privateService] : []), ...slices]), roundTrip(children));
}

for (const golden of goldens) {
  const { hook, sentence, folder } = golden;
  test(`${hook}: ${sentence}`, () => {
    checkFiles(golden, { isRewriting });
    if (hook === 'customize') {
      const elastiService = parseElastiService(CustomizeRequest.parse(readJson(folder, 'request.json')).parent);
      assert.ok(!('invalid' in elastiService));
      compareResponse(folder, customize(elastiService, SETTINGS), { isRewriting });
      return;
    }
    const body = readJson(folder, 'request.json') as { parent: { metadata: { namespace: string } } };
    const request = SyncRequest.parse(structuredClone(body));
    assert.equal(request.finalizing, hook === 'finalize');
    const goldenContext = readJson(folder, 'context.json') as GoldenContext;
    const setup = setupOf(goldenContext);

    const first = answer(hook, request, setup);
    compareResponse(folder, first, { isRewriting });
    assert.deepEqual(roundTrip(answer(hook, SyncRequest.parse(body), setup)), roundTrip(first), 'same, asked twice');
    const { isComplete, unused } = gather(hook, request, setup);
    assert.deepEqual({ isComplete, unused }, { isComplete: goldenContext.partial !== true, unused: [] });
    checkAnswer(first, request.parent.metadata.namespace);
    checkSettles(golden, first, request, setup);
  });
}

test('there are goldens enough to mean something, and some of each hook', () => {
  assert.ok(goldens.length >= 60, `${goldens.length} goldens`);
  assert.deepEqual([...new Set(goldens.map(({ hook }) => hook))].sort(), ['customize', 'finalize', 'sync']);
});
