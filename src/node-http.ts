import type * as Http from 'node:http';
import type * as Https from 'node:https';

// Not by `import`, which reads each export of a module of Node's: one of these brings its whole fetch along, 2 MiB.
/** Node's own HTTP, for all that speaks it at run time. */
export const http: typeof Http = process.getBuiltinModule('node:http');
/** Node's own HTTPS. */
export const https: typeof Https = process.getBuiltinModule('node:https');
