import { intern } from '../core/intern.ts';

/** The name under which an object is kept. */
export const keyFor = (namespace: string, name: string): string => intern(`${namespace}/${name}`);
