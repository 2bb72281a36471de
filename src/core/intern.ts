/**
 * The one copy of a text that the engine keeps for names of properties, and lets go of once nobody has it. For what many maps keep
 * for each ElastiService, which comes as a new text with every request: a uid takes 56 bytes, and `namespace/name` twice as much,
 * since the engine keeps the halves of a joined text with a place for each.
 */
export function intern(text: string): string {
  const named: Record<string, true> = Object.create(null);
  named[text] = true;
  for (const name in named) return name;
  return text;
}

/** The name under which maps keep what belongs to an object of a namespace. */
export const keyFor = (namespace: string, name: string): string => intern(`${namespace}/${name}`);
