import type { Protocol } from '../events.ts';
import { MAX_HEAD_BYTES } from '../limits.ts';

const HTTP2_PREFACE = 'PRI * HTTP/2.0';
const REQUEST_LINE = /^[A-Z][A-Z-]{0,31} (?:\S+ HTTP\/1\.[01]\r?\n|[/*h]\S*$)/;
/** TLS records of a handshake begin with this type and the major version 3. */
const TLS_HANDSHAKE = 0x16;

/** What a client speaks, by its first bytes. */
export function protocolOf(bytes: Buffer | undefined): Protocol {
  if (!bytes || bytes.length === 0) return 'unseen';
  if (bytes[0] === TLS_HANDSHAKE && (bytes.length === 1 || bytes[1] === 3)) return 'tls';
  const text = bytes.toString('latin1', 0, 2048);
  if (text.startsWith(HTTP2_PREFACE)) return 'http2';
  return REQUEST_LINE.test(text) ? 'http1' : 'other';
}

/** Whether a request says that its client knows interim answers. */
export function isHttp11(bytes: Buffer): boolean {
  return /^[^\r\n]* HTTP\/1\.1\r?\n/.test(bytes.toString('latin1', 0, MAX_HEAD_BYTES));
}
