import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { until } from './world.ts';

/** Where Debian keeps the server programs of PostgreSQL. */
const FURTHER_FOLDERS = globSync('/usr/lib/postgresql/*/bin');

/** Path of a program, if this machine has it. */
function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), ...FURTHER_FOLDERS];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** What a test is skipped for: the programs that this machine lacks; false where it has all. */
export function missingPrograms(names: readonly string[]): string | false {
  const missing = names.filter((name) => !findProgram(name));
  return missing.length > 0 && `not installed here: ${missing.join(', ')}`;
}

export interface Program {
  /** What it has written so far, to either output. */
  output(): string;
  /** Sends a line, and resolves with what it writes to its output next, up to the end of a line. */
  ask(line: string): Promise<string>;
  /** Resolves when it has written the words. */
  says(words: RegExp): Promise<void>;
  /** Sends the signal and resolves when it is over. */
  stop(signal: NodeJS.Signals): Promise<void>;
  /** Resolves with its exit code. */
  readonly exited: Promise<number | null>;
}

export type StartProgram = (
  command: readonly [name: string, ...args: readonly string[]],
  options?: { readonly user?: string | undefined },
) => Program;

/**
 * Gives what starts programs that end with the test, in the order of its after-hooks, or with this process, whatever ends
 * it. As root, `user` says whose a program is.
 */
export function createPrograms(t: Pick<TestContext, 'after'>): StartProgram {
  const started: Program[] = [];
  t.after(() => Promise.all(started.map((program) => program.stop('SIGQUIT'))));
  return ([name, ...args], { user } = {}) => {
    const as = user === undefined ? [] : ['--reuid', user, '--regid', user, '--init-groups'];
    const command = findProgram(name) ?? name;
    // Not where we are: another user may not be allowed in.
    const child = spawn('setpriv', [...as, '--pdeathsig', 'QUIT', command, ...args], { cwd: '/' });
    const program = follow(name, child);
    started.push(program);
    return program;
  };
}

function follow(name: string, child: ChildProcessWithoutNullStreams): Program {
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  let output = '';
  let answer = '';
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    answer += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  return {
    output: () => output,
    ask: async (line) => {
      answer = '';
      child.stdin.write(`${line}\n`);
      await until(() => answer.endsWith('\n') || isOver());
      return answer.trimEnd();
    },
    says: async (words) => {
      await until(() => words.test(output) || isOver());
      if (!words.test(output)) throw new Error(`${name} is over: ${output}`);
    },
    stop: async (signal) => {
      child.kill(signal);
      await exited;
    },
    exited,
  };
}
