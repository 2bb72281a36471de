import { EXIT, type ExitCode } from '../cli-error.ts';

/** What a command ends with: the same for people and for programs. */
export interface Outcome {
  readonly text: string;
  readonly json: unknown;
  readonly exitCode: ExitCode;
}

/** A command that did what it was asked. */
export const done = (text: string, json: unknown): Outcome => ({ text, json, exitCode: EXIT.done });
