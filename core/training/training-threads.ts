/** The threads that training computes with. Who trains opens them once, outside of the handler. */
import { KernelPool } from '../../kernels/kernel-pool.ts';

export type TrainingThreads = KernelPool;

/** As many threads as there are processors where `threads` is absent; close them to give the memory back. */
export function openTrainingThreads(threads?: number): TrainingThreads {
  return new KernelPool(threads === undefined ? {} : { threads });
}
