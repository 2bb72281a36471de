import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startDemo } from '../start-demo.ts';
import { cardOf, launchBrowser, openPage } from './browser.ts';

const DOCS = new URL('../../docs/', import.meta.url);
const BOUND_MS = 60_000;

/** Takes the pictures of the README with the real demo: one service serves, one holds requests while it wakes, the others sleep. */
async function takeScreenshots(): Promise<void> {
  const demo = await startDemo({ port: 0, say: () => {} });
  const browser = await launchBrowser();
  try {
    const { page } = await openPage(browser, demo.url, { viewport: { width: 1280, height: 1200 } });
    const card = (name: string) => cardOf(page, name);
    const wait = (selector: string) => page.locator(selector).waitFor({ timeout: BOUND_MS });
    await card('web').getByRole('switch').click();
    for (const name of ['reports', 'api']) await wait(`.card[aria-labelledby="service-${name}"][data-phase="Asleep"]`);
    await card('api').getByRole('button', { name: 'Send 100' }).click();
    await wait('.card[aria-labelledby="service-api"][data-phase="Waking"]');
    await mkdir(DOCS, { recursive: true });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      // The old theme's colours fade.
      await page.waitForFunction(() => !document.getAnimations().some((each) => each instanceof CSSTransition));
      await page.screenshot({ path: fileURLToPath(new URL(`demo-${colorScheme}.png`, DOCS)) });
    }
  } finally {
    await browser.close();
    await demo.stop();
  }
}

await takeScreenshots();
