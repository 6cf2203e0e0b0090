/** A kernel refused its arguments; the message names the argument, what is wrong and the remedy. */
export class KernelInputError extends RangeError {
  override name = 'KernelInputError';
}

/** The job does not fit the memory that 32-bit addresses reach, or that this machine gives. */
export class KernelMemoryError extends Error {
  override name = 'KernelMemoryError';
}

/** A thread died or trapped in the middle of a job; nothing of the job's result is kept. */
export class KernelThreadError extends Error {
  override name = 'KernelThreadError';
}
