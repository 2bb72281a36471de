import type { Schema } from './structural-schema.ts';

/** Path, type, default and description of each field, with * where it must be written. */
export function listFields(schema: Schema): readonly (readonly string[])[] {
  return [...walk(schema, '')];
}

function* walk(schema: Schema, path: string): Generator<readonly string[]> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`;
    const isList = field.type === 'array';
    const isRequired = Array.isArray(schema.required) && schema.required.includes(name);
    const type = isList ? `list of ${field.items?.type ?? 'any'}` : (field.type ?? 'number or string');
    const fallback = field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``;
    yield [`\`${at}\`${isRequired ? ' \\*' : ''}`, type, fallback, field.description ?? ''];
    yield* walk(isList ? (field.items ?? {}) : field, isList ? `${at}[]` : at);
    const entries = field.additionalProperties as Schema | undefined;
    if (entries !== undefined) yield* walk(entries, `${at}.*`);
  }
}
