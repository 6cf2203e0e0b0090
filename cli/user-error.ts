/**
 * An error that the person at the keyboard can cure: `message` says what is wrong, `remedy` what to
 * do. The command line prints both without a stack trace and exits with 1.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
