import { execFile } from 'node:child_process';

/** Runs a program to its end and resolves to what it wrote; the error of a failed one carries its stderr. */
export function run(program: string, args: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        reject(new Error(`${program} ${args.join(' ')} failed: ${stderr.trim() || error.message}`, { cause: error }));
      },
    );
    // A program that ends before it has read everything breaks the pipe; its exit code tells why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
