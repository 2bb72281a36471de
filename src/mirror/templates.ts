import { addDifferences, differencesOf, MARK, type Template } from './differences.ts';

/** A text as what sets it apart from the first one of its shape. */
export interface Packed {
  /** Undefined: the text is kept as it is. */
  readonly template: Template | undefined;
  readonly rest: string;
}

export interface Templates {
  pack(text: string): Packed;
  /** How many characters the texts of all templates have, but those that are only held by what is packed. */
  size(): number;
}

/** Values, and keys with the colon after them. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*":?|-?\d[\d.eE+-]*|true|false|null/g;
/** Clusters have tens of shapes, of up to two thousand characters; an EndpointSlice may have many more. */
const MAX_SIZE = 1_000_000;

/**
 * Thousands of objects have the same shape and most values alike, so that of the JSON of each but the first little is kept.
 * Which text it is does not matter for getting it back, only for how much that saves.
 */
export function createTemplates(maxSize = MAX_SIZE): Templates {
  const known = new Map<string, Template>();
  let size = 0;

  const add = (skeleton: string, template: Template): Template => {
    // What is packed holds its own template, which goes with the last of them.
    if (size + template.text.length > maxSize) {
      known.clear();
      size = 0;
    }
    size += template.text.length;
    known.set(skeleton, template);
    return template;
  };

  return {
    pack: (text) => {
      if (text.includes(MARK) || text.length > maxSize) return { template: undefined, rest: text };
      const starts: number[] = [];
      const leaves: string[] = [];
      const skeleton = text.replace(TOKEN, (token, start: number) => {
        if (token.endsWith(':')) return token;
        starts.push(start);
        leaves.push(token);
        return MARK;
      });
      const template = known.get(skeleton) ?? add(skeleton, { text, starts, leaves });
      return { template, rest: differencesOf(template, leaves) };
    },
    size: () => size,
  };
}

export function unpack({ template, rest }: Packed): string {
  return template === undefined ? rest : addDifferences(template, rest);
}
