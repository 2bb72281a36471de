/** The part of RFC 1035 that a cluster's resolver needs: one question, address answers. */

export interface Question {
  readonly name: string;
  readonly type: number;
  /** Name, type and class as they came, to be repeated in the answer. */
  readonly wire: Buffer;
}

export const TYPE_A = 1;
export const TYPE_AAAA = 28;

const HEADER_BYTES = 12;
const TTL_SECONDS = 5;
/** A pointer to the question's name, which stands right after the header. */
const NAME_OF_QUESTION = [0xc0, HEADER_BYTES] as const;
const RESPONSE_RECURSION_AVAILABLE = 0x8180;
const NAME_ERROR = 3;

/** `undefined` for what is no query. */
export function parseQuestion(query: Buffer): Question | undefined {
  const labels: string[] = [];
  let offset = HEADER_BYTES;
  for (let length = query[offset]; length; length = query[offset]) {
    if (length > 63) return undefined;
    labels.push(query.toString('latin1', offset + 1, offset + 1 + length));
    offset += 1 + length;
  }
  const end = offset + 5;
  if (query.length < end) return undefined;
  return {
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(offset + 1),
    wire: query.subarray(HEADER_BYTES, end),
  };
}

/** `addresses` undefined means that the name does not exist; those of the other family are left out. */
export function makeAnswer(query: Buffer, question: Question, addresses: readonly string[] | undefined): Buffer {
  const records = (addresses ?? []).map(toBytes).filter(({ length }) => question.type === typeOfLength(length));
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(RESPONSE_RECURSION_AVAILABLE | (addresses ? 0 : NAME_ERROR), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question.wire, ...records.map((bytes) => makeRecord(question.type, bytes))]);
}

function makeRecord(type: number, bytes: readonly number[]): Buffer {
  return Buffer.from([...NAME_OF_QUESTION, 0, type, 0, 1, 0, 0, 0, TTL_SECONDS, 0, bytes.length, ...bytes]);
}

function typeOfLength(length: number): number {
  return length === 4 ? TYPE_A : TYPE_AAAA;
}

function toBytes(address: string): number[] {
  if (address.includes('.')) return address.split('.').map(Number);
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
