import { addDifferences, differencesOf, MARK, type Template } from './differences.ts';

export interface Templates {
  /** The text as what sets it apart from the first one of its shape, in one piece: an object for each would take half as much again. */
  pack(text: string): string;
  /** The text that was packed. */
  unpack(packed: string): string;
  /** How many characters the texts of all templates have. */
  size(): number;
}

/** Values, and keys with the colon after them. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*":?|-?\d[\d.eE+-]*|true|false|null/g;
/** Clusters have tens of shapes, of up to two thousand characters. What comes when there is no more room is kept as it is. */
const MAX_SIZE = 1_000_000;
// What is packed begins with the number of its template, as two characters that take one byte each; 0: there is none.
const BASE = 0x100;
const NONE = 0;

/**
 * Thousands of objects have the same shape and most values alike, so that of the JSON of each but the first little is kept.
 * Which text it is does not matter for getting it back, only for how much that saves.
 */
export function createTemplates(maxSize = MAX_SIZE): Templates {
  const numbers = new Map<string, number>();
  const templates: (Template | undefined)[] = [undefined];
  let size = 0;

  const add = (skeleton: string, template: Template): number => {
    if (size + template.text.length > maxSize || templates.length === BASE ** 2) return NONE;
    size += template.text.length;
    numbers.set(skeleton, templates.length);
    return templates.push(template) - 1;
  };

  return {
    pack: (text) => {
      if (text.includes(MARK) || text.length > maxSize) return join(NONE, text);
      const starts: number[] = [];
      const leaves: string[] = [];
      const skeleton = text.replace(TOKEN, (token, start: number) => {
        if (token.endsWith(':')) return token;
        starts.push(start);
        leaves.push(token);
        return MARK;
      });
      const number = numbers.get(skeleton) ?? add(skeleton, { text, starts, leaves });
      const template = templates[number];
      return join(number, template === undefined ? text : differencesOf(template, leaves));
    },
    unpack: (packed) => {
      const template = templates[packed.charCodeAt(0) * BASE + packed.charCodeAt(1)];
      const rest = packed.slice(2);
      return template === undefined ? rest : addDifferences(template, rest);
    },
    size: () => size,
  };
}

/** What is added up, in place of joined, would be kept as its parts. */
const join = (number: number, rest: string): string =>
  [String.fromCharCode(Math.floor(number / BASE), number % BASE), rest].join('');
