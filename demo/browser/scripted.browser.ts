import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { DemoState } from '../api.ts';
import { type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';
import { DETAIL, demoState, EVERY_PHASE, serviceState } from '../testing/states.ts';
import { cardOf, launchBrowser, openPage, skip } from './browser.ts';
import { focused, lowContrasts, tooWide } from './probes.ts';

let browser: Browser;
before(async () => {
  if (!skip) browser = await launchBrowser();
});
after(() => browser?.close());

const withServer = async (state: DemoState, tell: (server: ScriptedServer) => Promise<void>, detail = DETAIL) => {
  const server = await startScriptedServer({ state, detail });
  try {
    await tell(server);
  } finally {
    await server.stop();
  }
};

test('each phase is said in words, with its own sign, and where connections go', { skip }, () =>
  withServer(demoState(), async ({ url }) => {
    const { page, assertClean } = await openPage(browser, url);
    for (const { name, phase = '', why } of EVERY_PHASE) {
      const text = await cardOf(page, name).innerText();
      assert.ok(text.includes(phase) && text.includes(why), `${name}: ${text}`);
    }
    const signs = await page
      .locator('.card [data-part="phase-icon"]')
      .evaluateAll((all) => all.map((use) => use.getAttribute('href')));
    assert.equal(new Set(signs).size, EVERY_PHASE.length);
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
