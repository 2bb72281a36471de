/** Whether a label selector of equalities picks these labels; a requirement of another form is taken to pick them. */
export function doesSelect(selector: string | undefined, labels: Readonly<Record<string, string>>): boolean {
  return (selector ?? '')
    .split(',')
    .map((requirement) => /^\s*([^\s=!]+)\s*(!=|==?)\s*([^\s=!()]*)\s*$/.exec(requirement))
    .every((parts) => {
      if (parts === null) return true;
      const [, key = '', operator, value] = parts;
      return (labels[key] === value) === (operator !== '!=');
    });
}
