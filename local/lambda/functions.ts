import type { InvokeResult, LambdaFunction } from './lambda-function.ts';

/** The functions of the template, found by ARN, name or logical id. */
export class Functions {
  readonly #functions: LambdaFunction[] = [];

  add(lambda: LambdaFunction): void {
    this.#functions.push(lambda);
  }

  /** A function by its ARN, with or without a version or alias, or by its name. */
  find(reference: string): LambdaFunction | undefined {
    return this.#functions.find(
      ({ definition: { arn, name } }) =>
        reference === arn || reference === name || reference.startsWith(`${arn}:`),
    );
  }

  /** @throws Error when there is no such function. */
  async invoke(reference: string, payload: string): Promise<InvokeResult> {
    const found = this.find(reference);
    if (found === undefined) throw new Error(`There is no function ${reference}.`);
    return found.invoke(payload);
  }

  /** SIGKILLs the running processes of a function. */
  kill(logicalId: string): void {
    const found = this.#functions.find(({ definition }) => definition.logicalId === logicalId);
    if (found === undefined) {
      const known = this.#functions.map(({ definition }) => definition.logicalId).join(', ');
      throw new Error(`There is no function ${logicalId}; there are ${known}.`);
    }
    found.kill();
  }

  residentBytes(): number {
    return this.#functions.reduce((sum, lambda) => sum + lambda.residentBytes(), 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#functions.map((lambda) => lambda.stop()));
  }
}
