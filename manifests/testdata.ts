import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';

/** An ElastiService to apply, and what the API server must make of it. */
export interface Sample {
  readonly name: string;
  readonly object: { readonly metadata: { readonly name: string }; readonly spec: unknown };
  /** What the refusal must say; undefined where the object is good. */
  readonly refused: string | undefined;
  /** Why only the API server refuses it and we do not; undefined where both do. */
  readonly serverOnly: string | undefined;
}

/** The samples in testdata/good or testdata/bad, by name. */
export function readSamples(kind: 'good' | 'bad'): readonly Sample[] {
  const folder = new URL(`testdata/${kind}/`, import.meta.url);
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8');
      return {
        name: basename(file, '.yaml'),
        object: parse(text),
        refused: readComment(text, 'refused'),
        serverOnly: readComment(text, 'API server only'),
      };
    });
}

function readComment(text: string, title: string): string | undefined {
  return text
    .split('\n')
    .find((line) => line.startsWith(`# ${title}: `))
    ?.slice(title.length + 4);
}
