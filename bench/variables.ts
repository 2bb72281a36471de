/** The environment that pairs NAME=value give. */
export const variablesOf = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s) as [string, string]));
