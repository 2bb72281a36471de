import { z } from 'zod';

/** A CEL rule as the API server reads it, beside the sentence shown to whoever breaks it. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** Metadata that makes the API server enforce rules. */
export const rules = (...list: readonly Rule[]) => ({ 'x-kubernetes-validations': list });

interface Shape {
  readonly shape: RegExp;
  /** What to write instead. */
  readonly message: string;
}

interface ShapedOptions extends Shape {
  readonly maxLength: number;
  readonly description: string;
  readonly more?: readonly Shape[];
}

/** A string of certain shapes. zod and, by CEL rules, the API server refuse the rest with the same sentence. */
export const shaped = ({ maxLength, shape, message, description, more = [] }: ShapedOptions) => {
  const shapes = [{ shape, message }, ...more];
  return shapes
    .reduce((schema, each) => schema.regex(each.shape, each.message), z.string().max(maxLength))
    .meta({
      description,
      ...rules(...shapes.map((each) => ({ rule: `self.matches(r'${each.shape.source}')`, message: each.message }))),
    });
};

/** The name of most objects: a DNS subdomain. */
export const objectName = (message: string, description: string) =>
  shaped({ maxLength: 253, shape: /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, message, description });

/** Names of HTTP headers (RFC 9110, token). */
export const HEADER_NAME = /^[-!#$%&*+.^_`|~0-9A-Za-z]+$/;

const cronField = (value: string) => {
  const item = `(\\*|\\?|${value}(-${value})?)(/[1-9]\\d*)?`;
  return `${item}(,${item})*`;
};
const cronFields = [
  '[0-5]?\\d',
  '([01]?\\d|2[0-3])',
  '(0?[1-9]|[12]\\d|3[01])',
  '(0?[1-9]|1[0-2]|[A-Za-z]{3})',
  '([0-7]|[A-Za-z]{3})',
];

/** Shape and ranges of a 5-field cron expression; the cron library has the last word. */
export const CRON_SHAPE = new RegExp(`^\\s*${cronFields.map(cronField).join('\\s+')}\\s*$`);

/** Go's duration syntax without sign, as KubeElasti reads it: 8h, 1h30m, 90m, 0.5h. */
export const GO_DURATION = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/;
