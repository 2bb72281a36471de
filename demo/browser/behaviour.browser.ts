import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startScriptedServer } from '../testing/scripted-server.ts';
import { DETAIL, demoState, serviceState } from '../testing/states.ts';
import { cardOf, launchBrowser, openPage, skip } from './browser.ts';
import { withServer } from './with-server.ts';

let browser: Browser;
before(async () => {
  if (!skip) browser = await launchBrowser();
});
after(() => browser?.close());

test('data is shown as it is, whatever it looks like', { skip }, () => {
  const nasty = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const service = serviceState({
    name: 'web',
    why: nasty,
    timeline: [{ at: new Date().toISOString(), phase: 'Serving', what: nasty }],
  });
  const detail = {
    elastiServiceYaml: nasty,
    lastHook: { at: service.phaseSince ?? '', request: { [nasty]: nasty }, response: { [nasty]: [nasty] } },
  };
  return withServer(
    demoState([service]),
    async ({ url }) => {
      const { page, assertClean } = await openPage(browser, url);
      await page.locator('[data-part="response"] .value').first().waitFor();
      assert.equal(await page.locator('img, body script').count(), 0);
      assert.equal(await page.locator('[data-part="yaml"]').textContent(), nasty);
      assert.equal(await page.title(), 'Elasti: the demo');
      assertClean();
    },
    detail,
  );
});

test('a change of phase and a loss are told, once', { skip }, () =>
  withServer(demoState([serviceState({ name: 'web' })]), async (server) => {
    const { page } = await openPage(browser, server.url);
    const news = page.locator('[data-part="news"]');
    assert.equal(await news.textContent(), '');
    server.state(
      demoState([serviceState({ name: 'web', phase: 'Asleep', replicas: 0, pods: [], routesTo: ['resolver'] })]),
    );
    await page.getByText('web is Asleep.').waitFor();
    assert.equal(await news.evaluate((element) => element.tagName), 'OUTPUT');
    server.request({ id: 1, service: 'web', state: 'lost', via: 'pod', error: 'connection reset' });
    await page.getByText('web lost a request: connection reset.').waitFor();
    server.state(
      demoState([serviceState({ name: 'web', lost: 1 })], {
        totals: { sent: 2, answered: 1, held: 0, lost: 1, podSecondsSaved: 0 },
      }),
    );
    await page.locator('.totals [data-lost="true"]').waitFor();
  }),
);

test('when the server goes away the page says so, and comes back with it', { skip }, async () => {
  const first = await startScriptedServer({ state: demoState(), detail: DETAIL });
  const { page, assertClean } = await openPage(browser, first.url);
  const link = page.locator('[data-part="link"]');
  await link.waitFor({ state: 'hidden' });
  await first.stop();
  await page.getByText('The demo’s server does not answer.').waitFor();
  await cardOf(page, 'web').getByRole('button', { name: 'Send 100' }).click();
  await page.getByText('web: the demo’s server does not answer.').waitFor();
  const second = await startScriptedServer({
    state: demoState([serviceState({ name: 'new' })]),
    detail: DETAIL,
    port: Number(new URL(first.url).port),
  });
  try {
    await cardOf(page, 'new').waitFor();
    await link.waitFor({ state: 'hidden' });
    assert.equal(await page.locator('.card').count(), 1);
    assertClean();
  } finally {
    await second.stop();
  }
});

test('a server that says nothing for eight seconds counts as gone, and is asked again a second later', { skip }, () =>
  withServer(demoState(), async (server) => {
    const { page } = await openPage(browser, server.url);
    await page.clock.install();
    server.state(demoState([serviceState({ name: 'web', why: 'the last word' })]));
    await page.getByText('the last word').waitFor();
    await page.clock.fastForward(8_000);
    await page.getByText('The demo’s server does not answer.').waitFor();
    await page.clock.fastForward(1_000);
    await page.locator('[data-part="link"]').waitFor({ state: 'hidden' });
  }),
);

for (const reducedMotion of ['no-preference', 'reduce'] as const)
  test(`a night of requests leaves no more on the page than an hour: motion ${reducedMotion}`, { skip }, () =>
    withServer(demoState([serviceState({ name: 'web' })]), async (server) => {
      const { page, assertClean } = await openPage(browser, server.url, { reducedMotion });
      const dots = page.locator('.dot');
      for (let id = 0; id < 3000; id++) server.request({ id, service: 'web', state: 'held' });
      for (let id = 3000; id < 6000; id++) server.request({ id, service: 'web', state: 'answered', via: 'pod' });
      const timeline = Array.from({ length: 500 }, (_, index) => ({
        at: new Date(index).toISOString(),
        phase: 'Serving' as const,
        what: `the ${index}th`,
      }));
      for (let count = 0; count < 300; count++) {
        const pods = [{ name: `web-${count}`, state: 'ready' as const }];
        server.state(demoState([serviceState({ name: 'web', held: 1, pods, timeline, why: `state ${count}` })]));
      }
      await page.getByText('state 299').waitFor();
      assert.equal(await dots.count(), 48);
      await cardOf(page, 'web').getByRole('button', { name: 'Earlier' }).click();
      assert.equal(await page.locator('.timeline li').count(), 48);
      assert.equal(await cardOf(page, 'web').locator('.chip').count(), 1);
      server.state(demoState([serviceState({ name: 'web', why: 'nothing is held' })]));
      await page.getByText('nothing is held').waitFor();
      await dots.first().waitFor({ state: 'detached' });
      assertClean();
    }),
  );
