import { describe, expect, it } from 'vitest';
import { History } from '../../local/engines/step-functions/history.ts';

describe('the history of an execution', () => {
  it('takes nothing more once the execution has ended', () => {
    const history = new History(
      () => 0,
      () => undefined,
    );
    history.add(0, 'ExecutionStarted');
    history.close();
    expect(history.add(1, 'PassStateExited')).toBe(1);
    expect(history.events).toHaveLength(1);
  });

  it('ends a machine that loops for ever at 25,000 events', () => {
    const history = new History(
      () => 0,
      () => undefined,
    );
    const loop = () => {
      for (let i = 0; i < 30_000; i += 1) history.add(i, 'PassStateEntered');
    };
    expect(loop).toThrow(/25000/);
    history.add(1, 'ExecutionFailed');
    expect(history.events).toHaveLength(25_000);
  });
});
