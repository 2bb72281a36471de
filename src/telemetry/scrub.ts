const HIDDEN = '(hidden)';

// [^\s"'\\] ends a value at the quotes of JSON and of prose.
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[^\s"'\\,;]+/gi, `$1 ${HIDDEN}`],
  // a JSON Web Token, which is what service accounts have
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, HIDDEN],
  [/\/\/[^\s/@"'\\]+@/g, `//${HIDDEN}@`],
  [/(\bhttps?:\/\/[^\s?#"'\\]+)[?#][^\s"'\\]*/gi, `$1?${HIDDEN}`],
  [
    /(authorization|token|password|secret|api[-_]?key)(["']?\s*[:=]\s*["']?)(?!bearer |basic )[^\s"'\\,;}]+/gi,
    `$1$2${HIDDEN}`,
  ],
];

export type Scrub = (text: string) => string;

/** Makes a function that takes the given secrets out of a text, and whatever looks like credentials. */
export function createScrub(secrets: readonly (string | undefined)[]): Scrub {
  // A secret that is part of another goes last; one of a few letters would take half the text with it.
  const known = secrets.filter((secret) => secret !== undefined && secret.length >= 4) as string[];
  known.sort((a, b) => b.length - a.length);
  return (text) => {
    const withoutKnown = known.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
    return PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), withoutKnown);
  };
}
