import type { Page } from 'playwright-core';

/** What the page shows for a moment only, so that a look now and then may miss it on a busy machine. */
export interface Moments {
  /** Waits until the page has told this, be it that it tells something else by now. */
  untilTold(news: string): Promise<void>;
  /** Waits until a request has been drawn as held. */
  untilHeldSeen(): Promise<void>;
}

interface Noted {
  readonly told: Set<string>;
  isHeldSeen: boolean;
}

/** Begins to note them. */
export async function noteMoments(page: Page): Promise<Moments> {
  await page.evaluate(() => {
    const noted: Noted = { told: new Set(), isHeldSeen: false };
    const look = () => {
      noted.told.add(document.querySelector('[data-part="news"]')?.textContent ?? '');
      noted.isHeldSeen ||= document.querySelector('.dot.held') !== null;
    };
    const what = { subtree: true, childList: true, characterData: true, attributeFilter: ['class'] };
    new MutationObserver(look).observe(document, what);
    Object.assign(globalThis, { noted });
  });
  return {
    untilTold: async (news) => {
      await page.waitForFunction((text) => (globalThis as unknown as { noted: Noted }).noted.told.has(text), news);
    },
    untilHeldSeen: async () => {
      await page.waitForFunction(() => (globalThis as unknown as { noted: Noted }).noted.isHeldSeen);
    },
  };
}
