import { type ProgramDeps, runCli } from '../program.ts';

/** Runs one command line; its exit code, and what it wrote. */
export async function runCollected(args: readonly string[], deps: Omit<ProgramDeps, 'write' | 'writeError'>) {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    ...deps,
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}
