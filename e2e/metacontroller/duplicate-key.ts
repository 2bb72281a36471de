interface Level {
  readonly path: string;
  /** Keys seen in an object; an array has none. */
  readonly keys: Set<string> | undefined;
  expectsKey: boolean;
  lastKey: string;
}

/**
 * The path of the first key that occurs twice in one object of a valid JSON text. Objects below `children` may
 * repeat keys: Metacontroller decodes each child by itself and does not look there.
 */
export function findDuplicateKey(validJson: string): string | undefined {
  const levels: Level[] = [];
  for (const [token] of validJson.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[') {
      levels.push(open(token, level));
    } else if (token === '}' || token === ']') {
      levels.pop();
    } else if (token === ',') {
      if (level?.keys) level.expectsKey = true;
    } else if (level?.keys && level.expectsKey) {
      const key = String(JSON.parse(token));
      const path = level.path + key;
      if (level.keys.has(key) && !path.startsWith('children.')) return path;
      level.keys.add(key);
      level.lastKey = key;
      level.expectsKey = false;
    }
  }
  return undefined;
}

function open(token: string, parent: Level | undefined): Level {
  const path = parent === undefined ? '' : parent.keys ? `${parent.path}${parent.lastKey}.` : parent.path;
  const isObject = token === '{';
  return { path, keys: isObject ? new Set() : undefined, expectsKey: isObject, lastKey: '' };
}
