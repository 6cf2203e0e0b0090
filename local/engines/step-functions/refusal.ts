export interface RefusedField {
  /** JSON path of the offending field, e.g. `$.States.Train.Retry[0].Speed`. */
  readonly path: string;
  readonly message: string;
}

/** A definition that AWS would refuse or this interpreter doesn't implement; it never runs a part of it. */
export class DefinitionRefused extends Error {
  readonly fields: readonly RefusedField[];

  constructor(fields: readonly RefusedField[]) {
    super(
      `The state machine's definition can't be run:\n${fields
        .map(({ path, message }) => `  ${path}: ${message}`)
        .join('\n')}`,
    );
    this.fields = fields;
  }
}

export function refuse(path: string, message: string): never {
  throw new DefinitionRefused([{ path, message }]);
}

/** Appends a key or an index to a JSON path, quoting what isn't a plain name. */
export function at(path: string, ...steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((whole, step) => {
    if (typeof step === 'number') return `${whole}[${step}]`;
    const key = String(step);
    return /^[A-Za-z_][\w-]*$/.test(key) ? `${whole}.${key}` : `${whole}['${key}']`;
  }, path);
}
