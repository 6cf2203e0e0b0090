/**
 * Work on a large model that yields every few milliseconds, so that whoever does it beside requests can let those
 * go first; who has nothing else to do finishes it at once.
 */
export type Steps<Result> = Generator<void, Result, void>;

/** The result, without a pause. */
export function finished<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
