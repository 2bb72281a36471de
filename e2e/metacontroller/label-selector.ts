export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: readonly string[] | null | undefined;
}

export interface LabelSelector {
  matchLabels?: Readonly<Record<string, string>> | null | undefined;
  matchExpressions?: readonly LabelSelectorRequirement[] | null | undefined;
}

type Labels = Readonly<Record<string, string>>;

/** No selector selects everything. An unknown operator throws, as it makes the sync fail. */
export function matchesSelector(selector: LabelSelector | null | undefined, labels: Labels = {}): boolean {
  if (!selector) return true;
  const matchLabels = Object.entries(selector.matchLabels ?? {});
  return (
    matchLabels.every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every((requirement) => matchesRequirement(requirement, labels))
  );
}

function matchesRequirement({ key, operator, values }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && (values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      throw new Error(`${JSON.stringify(operator)} is not a valid label selector operator`);
  }
}

/** The text form of `--target-label-selector`: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas. */
export function parseSelector(text: string): LabelSelector {
  const terms = text.match(/[^,(]+(\([^)]*\))?/g) ?? [];
  return {
    matchExpressions: terms
      .map((term) => term.trim())
      .filter((term) => term !== '')
      .map(parseTerm),
  };
}

function parseTerm(term: string): LabelSelectorRequirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term);
  if (set?.[1] && set[3] !== undefined) {
    const values = set[3].split(',').map((value) => value.trim());
    return { key: set[1], operator: set[2] === 'in' ? 'In' : 'NotIn', values };
  }
  const equality = /^([^\s=!]+)\s*(==|=|!=)\s*(\S*)$/.exec(term);
  if (equality?.[1] && equality[3] !== undefined) {
    return { key: equality[1], operator: equality[2] === '!=' ? 'NotIn' : 'In', values: [equality[3]] };
  }
  const existence = /^(!?)\s*([^\s=!]+)$/.exec(term);
  if (!existence?.[2]) throw new Error(`cannot parse label selector term ${JSON.stringify(term)}`);
  return { key: existence[2], operator: existence[1] === '!' ? 'DoesNotExist' : 'Exists' };
}
