import { defineConfig } from 'vitest/config';
import { WAITING_FILES, WaitingFirst } from './test/waiting-files.ts';

/** Vitest runs a group after the other. */
const WAITING_GROUP = 0;
const WORKING_GROUP = 1;

export default defineConfig({
  test: {
    globalSetup: ['test/shared-folder.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Integration tests each start a local cloud with child processes; two workers fit two cores.
    maxWorkers: 2,
    reporters: ['default'],
    sequence: { sequencer: WaitingFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'in memory',
          include: ['test/{unit,property,kernels,cdk}/**/*.test.ts'],
          // They leave nothing behind; loading the CDK and the kernels anew for each file took longer than the tests.
          isolate: false,
          sequence: { groupOrder: WORKING_GROUP },
        },
      },
      {
        extends: true,
        test: {
          name: 'engines',
          include: ['test/{contract,integration,browser}/**/*.test.ts'],
          exclude: [...WAITING_FILES],
          sequence: { groupOrder: WORKING_GROUP },
        },
      },
      {
        extends: true,
        test: {
          name: 'waiting',
          include: [...WAITING_FILES],
          maxWorkers: 3,
          sequence: { groupOrder: WAITING_GROUP },
        },
      },
    ],
  },
});
