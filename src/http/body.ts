import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { InvalidRequestError } from '../errors.ts';
import { Refusal } from './refusal.ts';

const JSON_TYPE = /^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

/** Messages end up in Events, and field paths hold keys that the caller chose. */
const MESSAGE_LENGTH = 200;

export interface BodyOptions<S extends z.ZodType> {
  readonly schema: S;
  readonly limitBytes: number;
  /** Default: parseJson. */
  readonly parse?: (bytes: Buffer) => unknown;
  /** A quick yes: what it takes is given as it came and not as the schema's copy. What it does not take, the schema judges. */
  readonly is?: ((value: unknown) => value is z.infer<S>) | undefined;
}

/**
 * Reads a JSON body of at most limitBytes and gives it its type. Throws Refusal (413, 415, 499 when the client goes away)
 * and InvalidRequestError, whose message names the first wrong field and never quotes a value.
 */
export async function readJson<S extends z.ZodType>(
  req: IncomingMessage,
  { schema, limitBytes, is, parse = parseJson }: BodyOptions<S>,
): Promise<z.infer<S>> {
  assertJson(req);
  const value = parse(await readBytes(req, limitBytes));
  if (is?.(value)) return value;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidRequestError(describeIssues(result.error.issues).slice(0, MESSAGE_LENGTH));
}

// A request without a content type is taken as JSON: KubeElasti's operator never looked at it.
function assertJson({ headers }: IncomingMessage): void {
  const type = headers['content-type'];
  if (type !== undefined && type !== 'application/json' && !JSON_TYPE.test(type)) {
    throw new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json in UTF-8');
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'the body must not be compressed');
  }
}

function readBytes(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const tooLarge = () => new Refusal(413, 'TOO_LARGE', `the body is larger than ${limitBytes} bytes`);
  if (Number(req.headers['content-length']) > limitBytes) throw tooLarge();

  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const keep = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      // The request flows on with nobody listening, so that the client can send to its end and then read the answer.
      req.off('data', keep);
      chunks.length = 0;
      reject(tooLarge());
    };
    req.on('data', keep);
    req.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    req.on('error', () => reject(new Refusal(499, 'ABORTED', 'the client went away before its body was complete')));
  });
}

/** The JSON value in UTF-8 bytes; throws InvalidRequestError. */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new InvalidRequestError('the body is not UTF-8');
  try {
    return JSON.parse(bytes.toString());
  } catch {
    // The parser's own message quotes the body.
    throw new InvalidRequestError('the body is not valid JSON');
  }
}

function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const [first] = issues;
  if (first === undefined) return 'the body is not valid';
  const path = first.path.length === 0 ? 'body' : first.path.map(String).join('.');
  return `${path}: ${first.message}`;
}
