import { parseJson } from './body.ts';

/** How Metacontroller begins a body, and what comes after the field that it begins with. */
const BEGIN = Buffer.from('{"controller":{');
const NEXT = Buffer.from(',"parent":{"');
const BRACE = 0x7b;
const COMMA = 0x2c;

/**
 * Parses the body of a hook without its first field, `controller`, where it begins as Metacontroller writes it: nobody here
 * reads that field, and parsing is what costs most. Elsewhere, and where what is left is no JSON, the body is parsed whole.
 */
export function parseHookBody(bytes: Buffer): unknown {
  const at = bytes.subarray(0, BEGIN.length).equals(BEGIN) ? bytes.indexOf(NEXT) : -1;
  if (at < 0) return parseJson(bytes);
  bytes[at] = BRACE;
  try {
    return parseJson(bytes.subarray(at));
  } catch {
    // A "parent" within the controller was taken for the field.
    bytes[at] = COMMA;
    return parseJson(bytes);
  }
}
