/** The name under which an object is kept. Joined, for a template literal keeps its parts beside the whole. */
export const keyFor = (namespace: string, name: string): string => [namespace, name].join('/');
