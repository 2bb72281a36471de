import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import type { Phase } from '../api.ts';
import { type Demo, startDemo } from '../start-demo.ts';
import { cardOf, launchBrowser, type OpenPage, openPage, skip } from './browser.ts';
import { type Moments, noteMoments } from './moments.ts';
import { lowContrasts, tooWide } from './probes.ts';
import { untilText } from './until.ts';

/** A sleep takes the cooldown, the drain and some polls; on a busy machine a multiple of it. */
const SLEEP_TIMEOUT_MS = 60_000;

let browser: Browser;
let demo: Demo;
let open: OpenPage;
let page: Page;
let moments: Moments;
before(async () => {
  if (skip) return;
  browser = await launchBrowser();
  demo = await startDemo({ port: 0, say: () => {} });
  open = await openPage(browser, demo.url, { permissions: ['clipboard-read', 'clipboard-write'] });
  page = open.page;
  moments = await noteMoments(page);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

const card = (name: string) => cardOf(page, name);
const press = (where: Page | Locator, name: string) => where.getByRole('button', { name, exact: true }).click();
const untilPhase = (name: string, phase: Phase) =>
  page
    .locator(`.card[data-phase="${phase}"]`)
    .filter({ has: page.getByRole('heading', { name, exact: true }) })
    .waitFor({ timeout: SLEEP_TIMEOUT_MS });
const figure = (root: Locator, part: string) => root.locator(`[data-part="${part}"]`).first();
const untilFigure = (root: Locator, part: string, isIt: (value: number) => boolean) =>
  untilText(figure(root, part), (text) => isIt(Number(text.replaceAll(',', ''))));
/** Presses the button and waits until another has come in the place of the one that was killed. */
const kill = async (button: string, part: string) => {
  const chips = figure(page.locator('.system'), part);
  const before = await chips.innerText();
  await press(page, button);
  await untilText(chips, (now) => now !== before && (now.match(/\d ready/g) ?? []).length === 2);
};
const totals = () => page.locator('.totals');

test('a service falls asleep before the eyes, a request wakes it, and the page says why and how long it took', {
  skip,
}, async () => {
  for (const phase of ['Serving', 'Draining', 'Asleep'] as const) await untilPhase('reports', phase);
  await card('reports').locator('.why').getByText('replicas are 0; a request or an active trigger wakes it').waitFor();
  // The network's view follows a moment after the status.
  await card('reports').locator('figcaption').getByText('A new connection goes to the resolver.').waitFor();
  await press(card('reports'), 'Send a request');
  await moments.untilHeldSeen();
  await untilPhase('reports', 'Waking');
  await untilPhase('reports', 'Serving');
  await card('reports')
    .getByText(/answered after [\d.,]+ m?s: scale call .* pod ready .* answer/)
    .waitFor();
  await untilFigure(totals(), 'answered', (count) => count === 1);
  await untilFigure(totals(), 'held', (count) => count === 0);
  await untilFigure(totals(), 'saved', (count) => count > 0);
});

test('a hundred requests to a sleeping service are held, and all are answered', { skip }, async () => {
  await untilPhase('web', 'Asleep');
  await press(card('web'), 'Send 100');
  await moments.untilTold('A hundred requests sent to web.');
  await untilFigure(card('web'), 'held-count', (count) => count > 1);
  await untilFigure(card('web'), 'sent', (count) => count === 100);
  await untilFigure(totals(), 'answered', (count) => count === 101);
});

test('under steady load nothing sleeps and pods answer; made idle, it sleeps', { skip }, async () => {
  const load = card('api').getByRole('switch', { name: 'Steady load' });
  await load.click();
  await untilFigure(card('api'), 'sent', (count) => count > 5);
  assert.equal(await load.getAttribute('aria-checked'), 'true');
  await untilPhase('api', 'Serving');
  await card('api').locator('figcaption').getByText('A new connection goes straight to a pod.').waitFor();
  await page.locator('.dot.answered').first().waitFor();
  await load.click();
  await moments.untilTold('Steady load on api is off.');
  await load.and(page.locator('[aria-checked="false"]')).waitFor();
  await press(card('api'), 'Make idle');
  await moments.untilTold('api is made idle.');
  await untilPhase('api', 'Asleep');
});

test('what a person scales is so', { skip }, async () => {
  await press(card('web'), '3');
  await card('web').getByRole('button', { name: '3', pressed: true }).waitFor();
  await card('web').locator('[data-part="pods-label"]').getByText('3 ready').waitFor();
  await untilPhase('web', 'Serving');
  await press(card('web'), '0');
  await untilPhase('web', 'Asleep');
  await card('web').locator('[data-part="pods-label"]').getByText('no pods').waitFor();
  await card('web').locator('.why').getByText('somebody else scaled to 0').waitFor();
});

test('a hook service and a resolver are killed under load, while requests are held, and all are answered', {
  skip,
}, async () => {
  const load = card('web').getByRole('switch', { name: 'Steady load' });
  await load.click();
  await kill('Kill the hook service', 'hooks');
  await untilPhase('reports', 'Asleep');
  await press(card('reports'), 'Send 100');
  await untilFigure(card('reports'), 'held-count', (count) => count > 0);
  await kill('Kill the resolver', 'resolvers');
  await load.click();
  await moments.untilTold('Steady load on web is off.');
  const sent = await figure(totals(), 'sent').innerText();
  await untilText(figure(totals(), 'answered'), (answered) => answered === sent);
  assert.equal(await figure(totals(), 'lost').innerText(), '0');
});

test('without Prometheus nothing sleeps, and the page says that nobody knows', { skip }, async () => {
  await press(page, 'Break Prometheus');
  await page.getByText('prometheus is broken', { exact: true }).waitFor();
  await press(card('reports'), 'Send a request');
  await untilPhase('reports', 'Serving');
  await card('reports')
    .locator('.why')
    .getByText(/Server(Unavailable|Error)|Unreachable/)
    .waitFor();
  await press(page, 'Mend Prometheus');
  await page.getByText('prometheus answers', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Break Prometheus' }).waitFor();
});

test('the live ElastiService and the last hook are there to read, and addresses to copy', { skip }, async () => {
  await press(card('echo'), 'See its YAML and hook calls');
  const yaml = page.locator('[data-part="yaml"]');
  await untilText(yaml, (text) => text.includes('kind: ElastiService') && text.includes('name: echo'));
  await page.locator('[data-part="response"]').getByText('resyncAfterSeconds').waitFor();
  await page.getByText('Last request of /sync').click();
  await page.locator('[data-part="request"]').getByText('parent').waitFor();
  await press(card('echo'), 'Copy URL');
  await page.getByText(/^Copied: tcp:/).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, await figure(card('echo'), 'url').innerText());
});

test('the page is readable and fits in both themes, on a desk and on a phone, and nothing was lost or went wrong', {
  skip,
}, async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await page.evaluate(lowContrasts), []);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  assert.deepEqual(await page.evaluate(tooWide), []);
  assert.equal(await figure(totals(), 'lost').innerText(), '0');
  open.assertClean();
});
