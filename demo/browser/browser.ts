import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
/** Of each wait: far more than any takes, for machines that have other things to do. */
const TIMEOUT_MS = 30_000;

/** Why the browser tests are skipped; false where they can run. */
export const skip = existsSync(CHROMIUM) ? false : `needs Debian's chromium at ${CHROMIUM}`;

/** Starts a browser without a window. Its own sandbox refuses to start as root. */
export function launchBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath: CHROMIUM, args: isRoot ? ['--no-sandbox'] : [] });
}

export interface OpenPage {
  readonly page: Page;
  /** Fails where the page threw, logged an error, or asked anybody but its own server. */
  assertClean(): void;
}

/** Opens a page of its own context at a URL and waits for the first card. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`threw: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('net::ERR_')) faults.push(message.text());
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && origin !== new URL(url).origin) faults.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  await page.locator('.card').first().waitFor();
  return { page, assertClean: () => assert.deepEqual(faults, []) };
}

/** One card by the name of its service. */
export function cardOf(page: Page, name: string) {
  return page.getByRole('article', { name, exact: true });
}
