import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Locator } from 'playwright-core';

const TIMEOUT_MS = 30_000;
const STEP_MS = 50;

/** Waits, within bounds, until the text of an element is as wanted. */
export async function untilText(locator: Locator, isIt: (text: string) => boolean): Promise<void> {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  let text = await locator.innerText();
  while (!isIt(text)) {
    assert.ok(performance.now() < deadlineMs, `${locator} still says "${text}"`);
    await pause(STEP_MS);
    text = await locator.innerText();
  }
}
