import { z } from 'zod';

export interface Schema {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  [keyword: string]: unknown;
}

const INT32_MAX = 2 ** 31 - 1;

/** The structural schema (as a CustomResourceDefinition wants it) of what may be written where zod reads `schema`. */
export function makeStructuralSchema(schema: z.ZodType): Schema {
  return toStructural(z.toJSONSchema(schema, { io: 'input' }) as Schema);
}

function toStructural(node: Schema): Schema {
  const { $schema, propertyNames, const: only, anyOf, allOf, hint, additionalProperties, ...kept } = node;
  if (anyOf !== undefined) return numberOrString(anyOf as Schema[], { ...kept, hint: String(hint) });
  const result: Schema = kept;
  if (only !== undefined) result.enum = [only];
  if (result.type === 'number' && Array.isArray(result.enum) && result.enum.every(Number.isInteger)) {
    result.type = 'integer';
  }
  if (result.type === 'integer') addIntegerFormat(result);
  // The format says it already.
  if (result.format === 'date-time') delete result.pattern;
  // A CEL rule says the same with a sentence; one error is enough.
  if (result['x-kubernetes-validations'] !== undefined) {
    delete result.pattern;
    delete result.minItems;
  } else if (allOf !== undefined) {
    throw new Error(`no structural schema for several patterns without a CEL rule: ${JSON.stringify(node)}`);
  }
  if (result.properties !== undefined) result.properties = mapValues(result.properties, toStructural);
  if (result.items !== undefined) result.items = toStructural(result.items);
  // Unknown fields are pruned, or kept by x-kubernetes-preserve-unknown-fields; only maps have free keys.
  if (result.properties === undefined && additionalProperties !== undefined) {
    result.additionalProperties = toStructural(additionalProperties as Schema);
  }
  return result;
}

/**
 * A structural schema has no union: x-kubernetes-int-or-string refuses 0.5, and an untyped field can carry no CEL rule.
 * So the field is untyped, `not` and the limits of 0 refuse what is neither number nor string, and the sentence that
 * says what to write rides in a branch of the pattern that can never match, because the API server shows the pattern.
 */
function numberOrString(anyOf: readonly Schema[], { hint, ...kept }: Schema & { hint: string }): Schema {
  const string = anyOf.find(({ type }) => type === 'string');
  if (anyOf.length !== 2 || !string || !anyOf.some(({ type }) => type === 'number')) {
    throw new Error(`no structural schema for the union ${JSON.stringify(anyOf)}`);
  }
  return {
    ...kept,
    'x-kubernetes-preserve-unknown-fields': true,
    pattern: `${string.pattern}|$ ${hint}^`,
    maxItems: 0,
    maxProperties: 0,
    not: { enum: [true, false, [], {}] },
  };
}

function addIntegerFormat(node: Schema): void {
  if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
  if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
  const isInt32 = Array.isArray(node.enum) || Number(node.maximum ?? Number.POSITIVE_INFINITY) <= INT32_MAX;
  node.format = isInt32 ? 'int32' : 'int64';
}

function mapValues<A, B>(map: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
