import { isForbiddenHost } from './address-guard.ts';
import type { Reason } from './reasons.ts';

export interface ServerRules {
  /** The environment's server, asked where a trigger names none. */
  readonly defaultServerAddress: string | undefined;
  /** Patterns of hosts that triggers may name, as `host` or `host:port`; `*` stands for anything. */
  readonly allowedServers: readonly string[];
  /** Whether triggers may name loopback addresses, which are our own pod. */
  readonly allowLoopback: boolean;
}

/** A server that may be asked. */
export interface Server {
  readonly url: URL;
  /** Whether it is the environment's server, which alone gets the environment's credentials. */
  readonly isDefault: boolean;
  readonly isLoopbackAllowed: boolean;
}

/** The server a trigger names, if it may be asked. */
export function resolveServer(address: string | undefined, rules: ServerRules): Server | { readonly reason: Reason } {
  const given = address?.trim() || rules.defaultServerAddress?.trim();
  if (!given) return { reason: 'NoServer' };
  const url = URL.parse(given);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return { reason: 'BadServerAddress' };
  if (url.username !== '' || url.password !== '') return { reason: 'CredentialsInUrl' };
  if (url.search !== '' || url.hash !== '') return { reason: 'BadServerAddress' };

  const isDefault = url.origin === URL.parse(rules.defaultServerAddress?.trim() ?? '')?.origin;
  const isLoopbackAllowed = isDefault || rules.allowLoopback;
  if (isForbiddenHost(url.hostname.replace(/^\[|\]$/g, ''), { isLoopbackAllowed }))
    return { reason: 'ServerNotAllowed' };
  if (!isDefault && !isAllowed(url, rules.allowedServers)) return { reason: 'ServerNotAllowed' };
  return { url, isDefault, isLoopbackAllowed };
}

function isAllowed(url: URL, patterns: readonly string[]): boolean {
  const host = url.hostname.replace(/\.$/, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return patterns.some((pattern) => matches(host, pattern) || matches(`${host}:${port}`, pattern));
}

function matches(host: string, pattern: string): boolean {
  const escaped = pattern
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9*]/g, '\\$&');
  const expression = escaped.replaceAll('*', '.*');
  return new RegExp(`^${expression}$`).test(host);
}
