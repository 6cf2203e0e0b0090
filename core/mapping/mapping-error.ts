/** A mapping document that can't be used: what is wrong, and what its author can do. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
