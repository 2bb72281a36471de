import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { ElastiServiceSpec } from '../../api/elastiservice.ts';
import { CliError, EXIT } from '../cli-error.ts';

/** An ElastiService as somebody wrote it down. */
export interface Manifest {
  readonly namespace: string;
  readonly name: string;
  readonly spec: ElastiServiceSpec;
}

const Written = z.looseObject({
  kind: z.literal('ElastiService'),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  spec: z.unknown(),
});

/** The one ElastiService of a YAML file, `-` for standard input; CliError where there is none, or several. */
export function readManifest(path: string): Manifest {
  const found = documentsOf(path).flatMap((document) => {
    const written = Written.safeParse(document);
    return written.success ? [written.data] : [];
  });
  const [one, ...more] = found;
  if (one === undefined) throw new CliError(EXIT.usage, `${path} has no ElastiService`);
  if (more.length > 0) throw new CliError(EXIT.usage, `${path} has ${found.length} ElastiServices, and one is needed`);
  const spec = ElastiServiceSpec.safeParse(one.spec);
  if (!spec.success) {
    const issue = spec.error.issues[0];
    throw new CliError(EXIT.usage, `${path}: spec.${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { name, namespace = 'default' } = one.metadata;
  return { namespace, name, spec: spec.data };
}

function documentsOf(path: string): unknown[] {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    throw new CliError(EXIT.usage, `${path} cannot be read`, { cause });
  }
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error) throw new CliError(EXIT.usage, `${path} is no YAML: ${error.message.split('\n')[0]}`, { cause: error });
    return document.toJS() as unknown;
  });
}
