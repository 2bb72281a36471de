import { unescape as unescapePercents } from 'node:querystring';

const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;

export interface RequestUrl {
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
}

/** Reads a request target as Go's net/http does; undefined where Go answers 400. */
export function readRequestUrl(method: string, target: string): RequestUrl | undefined {
  // CONNECT names a host and no path.
  if (method === 'CONNECT' && !target.startsWith('/')) return { path: '', query: [] };
  const local = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?]*(.*)$/s.exec(target)?.[1] ?? target;
  const at = local.indexOf('?');
  const path = unescapeText(at < 0 ? local : local.slice(0, at));
  if (path === undefined) return undefined;
  return { path, query: at < 0 ? [] : readQuery(local.slice(at + 1)) };
}

/** Parts that cannot be read are left out, among them those with a semicolon. */
function readQuery(query: string): readonly (readonly [string, string])[] {
  return query.split('&').flatMap((part) => {
    if (part === '' || part.includes(';')) return [];
    const at = part.indexOf('=');
    const name = unescapeText((at < 0 ? part : part.slice(0, at)).replaceAll('+', ' '));
    const value = unescapeText(at < 0 ? '' : part.slice(at + 1).replaceAll('+', ' '));
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
}

function unescapeText(text: string): string | undefined {
  if (!text.includes('%')) return text;
  return BAD_ESCAPE.test(text) ? undefined : unescapePercents(text);
}
