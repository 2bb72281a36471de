import { readFileSync } from 'node:fs';
import { ConfigError } from '../errors.ts';

const REREAD_MS = 10_000;

/**
 * The bearer tokens that the hooks accept: the one given, or those of a file with one a line, which is read again every
 * 10 s, so that a token can be rotated by having both in it for a while. Throws ConfigError where the file cannot be
 * read at first.
 */
export function createTokens(options: {
  readonly token: string | undefined;
  readonly file: string | undefined;
  readonly monotonicMs: () => number;
  readonly onUnreadable: (error: unknown) => void;
}): () => readonly string[] {
  const { token, file, monotonicMs } = options;
  if (file === undefined) {
    const tokens = token === undefined ? [] : [token];
    return () => tokens;
  }
  let tokens = readFirst(file);
  let readAtMs = monotonicMs();
  return () => {
    if (monotonicMs() - readAtMs < REREAD_MS) return tokens;
    readAtMs = monotonicMs();
    try {
      tokens = readTokens(file);
    } catch (error) {
      // What was accepted until now goes on to be: no token at all would open the hooks to everybody.
      options.onUnreadable(error);
    }
    return tokens;
  };
}

function readFirst(file: string): readonly string[] {
  try {
    return readTokens(file);
  } catch (cause) {
    const message = `HOOK_TOKEN_FILE is ${JSON.stringify(file)}, allowed is a readable file with a token on each line`;
    throw new ConfigError(message, { cause });
  }
}

function readTokens(file: string): readonly string[] {
  const tokens = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (tokens.length === 0) throw new Error(`${file} holds no token`);
  return tokens;
}
