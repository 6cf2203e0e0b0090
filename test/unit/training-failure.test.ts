import { expect, it } from 'vitest';
import { failureOf } from '../../cli/train/failure.ts';

it('a rejected snapshot is told with its reasons and what to do', () => {
  const cause = JSON.stringify({
    errorType: 'SnapshotRejected',
    errorMessage: 'snapshot s was rejected: customers: 1 with an interaction, at least 10 needed',
    trace: ['Error: …', '    at handler'],
  });
  const failure = failureOf('SnapshotRejected', cause);
  expect(failure.message).toBe(
    'The training failed: SnapshotRejected: snapshot s was rejected: customers: 1 with an ' +
      'interaction, at least 10 needed',
  );
  expect(failure.remedy).toContain('import more events');
});

it('an unforeseen failure points to the log, without a trace', () => {
  const cause = JSON.stringify({ errorType: 'TypeError', errorMessage: 'x', trace: ['secret'] });
  const failure = failureOf('TypeError', cause);
  expect(failure.message).toBe('The training failed: TypeError: x');
  expect(failure.remedy).toContain('log');
});

it('a time-out, whose cause is no document, is told by its name', () => {
  const failure = failureOf('States.Timeout', '');
  expect(failure.message).toBe('The training failed: States.Timeout');
  expect(failure.remedy).toContain('memory');
});
