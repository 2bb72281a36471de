/** What came of one that was expected; no failure: it came as it should. */
export interface Came {
  readonly failure: string | undefined;
  readonly ms: number;
}

/** Answers that are to come over one connection, in this order. */
export interface ExpectedAnswers {
  /** Resolves when that answer has come, or something else instead, or nothing any more; never throws. */
  expect(text: string): Promise<Came>;
  /** Something has come. */
  take(text: string): void;
  /** Nothing comes any more; the first reason stands. */
  fail(reason: string): void;
  readonly next: string | undefined;
  /** Why nothing comes any more. */
  readonly failure: string | undefined;
}

/** Expects nothing yet; each answer must come within a time. */
export function expectAnswers(timeoutMs: number): ExpectedAnswers {
  const expected: { readonly text: string; settle(failure?: string): void }[] = [];
  let failure: string | undefined;
  const fail = (reason: string) => {
    failure ??= reason;
    for (const { settle } of expected.splice(0)) settle(failure);
  };
  return {
    expect(text) {
      const startedAt = performance.now();
      return new Promise((resolve) => {
        const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
        const settle = (reason?: string) => {
          clearTimeout(timer);
          resolve({ failure: reason, ms: performance.now() - startedAt });
        };
        if (failure === undefined) expected.push({ text, settle });
        else settle(failure);
      });
    },
    take(text) {
      const first = expected.shift();
      first?.settle(first.text === text ? undefined : `"${first.text}" came back as "${text}"`);
    },
    fail,
    get next() {
      return expected[0]?.text;
    },
    get failure() {
      return failure;
    },
  };
}
