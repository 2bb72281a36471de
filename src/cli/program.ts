import { Command, CommanderError } from 'commander';
import type { Clock, Random } from '../effects/ports.ts';
import { addCompletion } from './add/completion.ts';
import { addLooking } from './add/looking.ts';
import { addSimulate } from './add/simulate.ts';
import { addWilling } from './add/willing.ts';
import type { ClusterOptions } from './arguments.ts';
import { EXIT, type ExitCode, toCliError } from './cli-error.ts';
import type { Outcome } from './commands/outcome.ts';
import { createKube, type Kube } from './kube/kube.ts';
import { openKubeConfig } from './kube/open-kube-config.ts';

export interface ProgramDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'uuid'>;
  /** Standard output and standard error. */
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly version: string;
}

/** What commands are added with. */
export interface Adding extends ProgramDeps {
  /** Prints what came out, as the options want it, and keeps the exit code. */
  readonly end: (outcome: Outcome, options: Pick<ClusterOptions, 'output'>) => void;
  /** Opens the cluster that the options name, runs a command on it, and ends with what came out. */
  readonly onCluster: <O extends ClusterOptions>(
    options: O,
    run: (kube: Kube, options: O & { readonly namespace: string }) => Promise<Outcome>,
  ) => Promise<void>;
}

/** Runs one command line; the exit code. Never throws. */
export async function runCli(args: readonly string[], deps: ProgramDeps): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const end: Adding['end'] = (outcome, { output }) => {
    deps.write(output === 'json' ? `${JSON.stringify(outcome.json, null, 2)}\n` : `${outcome.text}\n`);
    exitCode = outcome.exitCode;
  };
  try {
    await createProgram(deps, end).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong already; asking for help is no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { message, exitCode: code } = toCliError(error);
    deps.writeError(`elasti: ${message}\n`);
    return code;
  }
}

function createProgram(deps: ProgramDeps, end: Adding['end']): Command {
  const program = new Command('elasti')
    .description('Looks at services that sleep, and wakes them or lets them sleep. Also kubectl elasti.')
    .version(deps.version)
    .exitOverride()
    .configureOutput({ writeOut: deps.write, writeErr: deps.writeError })
    .helpCommand(false);
  const onCluster: Adding['onCluster'] = async (options, run) => {
    const kube = createKube(openKubeConfig(options), deps.clock);
    end(await run(kube, { ...options, namespace: options.namespace ?? kube.namespace }), options);
  };
  const adding: Adding = { ...deps, end, onCluster };
  addLooking(program, adding);
  addWilling(program, adding);
  addSimulate(program, adding);
  addCompletion(program, adding);
  return program;
}
