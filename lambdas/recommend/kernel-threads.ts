import { openTrainingThreads } from '../../core/training/training-threads.ts';

/** Made once for all invocations; they end with the function's environment. */
export const threads = openTrainingThreads();
