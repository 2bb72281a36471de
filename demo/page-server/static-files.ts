import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface StaticFile {
  readonly type: string;
  readonly body: string | Buffer;
}

const PAGE = new URL('../page/', import.meta.url);
/** What page and server share, beside the page. */
const SHARED = new Map([['/api.ts', new URL('../api.ts', import.meta.url)]]);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};

/** Reads a file of the page, TypeScript with its types taken out; undefined where there is none. */
export async function readStaticFile(path: string): Promise<StaticFile | undefined> {
  const url = SHARED.get(path) ?? new URL(`.${path === '/' ? '/index.html' : path}`, PAGE);
  const type = TYPES[extname(url.pathname)];
  const isInside = SHARED.has(path) || url.href.startsWith(PAGE.href);
  if (type === undefined || !isInside || path.includes('%') || path.endsWith('.test.ts')) return undefined;
  try {
    const body = await readFile(fileURLToPath(url));
    return { type, body: url.pathname.endsWith('.ts') ? stripTypeScriptTypes(body.toString()) : body };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR') return undefined;
    throw error;
  }
}
