import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { demoState, EVERY_PHASE, serviceState } from '../testing/states.ts';
import { cardOf, launchBrowser, openPage, skip } from './browser.ts';
import { focused, lowContrasts, tooWide } from './probes.ts';
import { withServer } from './with-server.ts';

let browser: Browser;
before(async () => {
  if (!skip) browser = await launchBrowser();
});
after(() => browser?.close());

test('each phase is said in words, with its own sign, and where connections go', { skip }, () =>
  withServer(demoState(), async ({ url }) => {
    const { page, assertClean } = await openPage(browser, url);
    for (const { name, phase = '', why } of EVERY_PHASE) {
      const text = await cardOf(page, name).innerText();
      assert.ok(text.includes(phase) && text.includes(why), `${name}: ${text}`);
    }
    const signs = await page
      .locator('.card [data-part="phase-icon"]')
      .evaluateAll((all) =>
        (all as SVGUseElement[]).map((use) => (use.getBBox().width > 0 ? use.getAttribute('href') : '')),
      );
    assert.equal(new Set(signs).size, EVERY_PHASE.length);
    assert.ok(!signs.includes(''), `a sign is not drawn: ${signs}`);
    assert.match(await cardOf(page, 'ftp').innerText(), /no endpoint/);
    assert.match(await cardOf(page, 'shop').innerText(), /holds 3 requests/);
    assert.match(
      await cardOf(page, 'docs').innerText(),
      /answered after 868 ms: scale call 14 ms, pod ready 798 ms, answer 56 ms/,
    );
    assertClean();
  }),
);

for (const colorScheme of ['light', 'dark'] as const)
  test(`every text can be read: ${colorScheme}`, { skip }, () =>
    withServer(demoState(), async ({ url }) => {
      const { page } = await openPage(browser, url, { colorScheme });
      await page.locator('[data-part="response"] .value').first().waitFor();
      assert.deepEqual(await page.evaluate(lowContrasts), []);
    }),
  );

for (const width of [360, 768, 1280])
  test(`nothing reaches beyond ${width} pixels`, { skip }, () =>
    withServer(
      demoState([...EVERY_PHASE, serviceState({ name: `a-very-long-${'name-'.repeat(10)}`, why: 'w'.repeat(200) })]),
      async ({ url }) => {
        const { page } = await openPage(browser, url, { viewport: { width, height: 740 } });
        await page.locator('[data-part="response"] .value').first().waitFor();
        assert.deepEqual(await page.evaluate(tooWide), []);
      },
    ),
  );

test('the keyboard reaches everything in the order in which it is read, and what it reaches is seen', { skip }, () =>
  withServer(demoState([serviceState({ name: 'web' }), serviceState({ name: 'api' })]), async ({ url, asked }) => {
    const { page } = await openPage(browser, url);
    await page.locator('[data-part="response"] .value').first().waitFor();
    const ofCard = [
      'Send a request',
      'Send 100',
      'Steady load',
      'Make idle',
      '0',
      '1',
      '2',
      '3',
      'Earlier',
      'Copy URL',
      'Copy command',
      'See its YAML and hook calls',
    ];
    const expected = [
      ...['Kill the resolver', 'Kill the hook service', 'Break Prometheus'],
      ...['web', 'api'].flatMap((name) => ofCard.map((button) => `${name} ${button}`)),
      ...['Service', 'ElastiService, live', 'Last request of /sync', 'Last response of /sync'],
    ];
    const walked: string[] = [];
    for (const _ of expected) {
      await page.keyboard.press('Tab');
      const { name, isSeen } = await page.evaluate(focused);
      assert.ok(isSeen, `the focus on "${name}" cannot be seen`);
      walked.push(name);
    }
    assert.deepEqual(walked, expected);

    await cardOf(page, 'api').getByRole('button', { name: 'Send a request' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('One request sent to api.').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.getByText('A hundred requests sent to api.').waitFor();
    assert.deepEqual(asked, [
      { action: 'send-one', body: { service: 'api' } },
      { action: 'send-hundred', body: { service: 'api' } },
    ]);
    await cardOf(page, 'api').getByRole('button', { name: 'See its YAML and hook calls' }).press('Enter');
    assert.equal(await page.getByRole('combobox').inputValue(), 'api');
  }),
);

test('without motion a request is drawn where it waits, and not on its way', { skip }, () =>
  withServer(demoState([serviceState({ name: 'web', held: 1 })]), async (server) => {
    const { page } = await openPage(browser, server.url, { reducedMotion: 'reduce' });
    server.request({ id: 1, service: 'web', state: 'answered', via: 'pod' });
    server.request({ id: 2, service: 'web', state: 'held', via: 'resolver' });
    await page.locator('.dot.held').waitFor();
    assert.equal(await page.locator('.dot').count(), 1);
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  }),
);
