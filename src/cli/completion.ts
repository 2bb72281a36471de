import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Words {
  readonly command: string;
  readonly description: string;
  readonly options: readonly string[];
  /** What its argument may be, if that is a closed list. */
  readonly choices: readonly string[];
  readonly takesName: boolean;
}

/** Prints the names that `why` and others take; called by the scripts, and silent where it cannot tell. */
export const NAMES_COMMAND = '__names';

/** A script that completes commands, options and names of ElastiServices. */
export function completionScript(program: Command, shell: Shell): string {
  const all = program.commands.filter((command) => !command.name().startsWith('_')).map(wordsOf);
  return { bash, zsh, fish }[shell](all);
}

function wordsOf(command: Command): Words {
  const [argument] = command.registeredArguments;
  return {
    command: command.name(),
    description: command.description(),
    options: [...command.options.flatMap(({ long }) => long ?? []), '--help'],
    choices: argument?.argChoices ?? [],
    takesName: argument?.name() === 'name',
  };
}

const listNames = (program: string) => `${program} ${NAMES_COMMAND} 2>/dev/null`;

function casesOf(all: readonly Words[]): string {
  return all
    .map(({ command, options, choices, takesName }) => {
      const names = takesName ? ` $(${listNames('elasti')})` : '';
      return `    ${command}) found="${[...choices, ...options].join(' ')}${names}" ;;`;
    })
    .join('\n');
}

// kubectl runs plug-ins of its own for completion; here the command under its own name is completed.
const bash = (all: readonly Words[]) => `_elasti() {
  local found cur="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_CWORD}:\${COMP_WORDS[1]}" in
    1:*) found="${all.map(({ command }) => command).join(' ')}" ;;
${casesOf(all).replaceAll(/^ {4}/gm, '    *:')}
  esac
  COMPREPLY=($(compgen -W "$found" -- "$cur"))
}
complete -F _elasti elasti kubectl-elasti
`;

const zsh = (all: readonly Words[]) => `#compdef elasti kubectl-elasti
_elasti() {
  if (( CURRENT == 2 )); then
    local -a commands
    commands=(${all.map(({ command, description }) => `'${command}:${quoted(description)}'`).join(' ')})
    _describe command commands
    return
  fi
  local found
  case "$words[2]" in
${casesOf(all)}
  esac
  compadd -- \${=found}
}
compdef _elasti elasti kubectl-elasti
`;

const quoted = (text: string) => text.replaceAll("'", "'\\''").replaceAll(':', '\\:');

const fish = (all: readonly Words[]) =>
  `${['complete -c elasti -f', ...all.flatMap(fishLines)].join('\n')}
`;

function fishLines({ command, description, options, choices, takesName }: Words): string[] {
  const within = `complete -c elasti -n '__fish_seen_subcommand_from ${command}'`;
  return [
    `complete -c elasti -n __fish_use_subcommand -a ${command} -d '${description.replaceAll("'", "\\'")}'`,
    ...options.map((option) => `${within} -l ${option.replace('--', '')}`),
    ...(choices.length > 0 ? [`${within} -a '${choices.join(' ')}'`] : []),
    ...(takesName ? [`${within} -a '(${listNames('elasti')})'`] : []),
  ];
}
