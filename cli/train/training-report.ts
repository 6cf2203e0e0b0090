import type { Terminal } from '../terminal.ts';
import type { TrainingResult } from './run-training.ts';

const questions = [
  ['all', 'all items'],
  ['fresh', 'items new to the customer'],
] as const;

/** Explains a run's result to a person: the figures, and what became of the candidate. */
export function printTraining(terminal: Terminal, result: TrainingResult): void {
  terminal.line('');
  terminal.line(`${''.padEnd(28)}${'popularity'.padStart(11)}${'model'.padStart(9)}   difference`);
  for (const [question, text] of questions) {
    const { lower, upper } = result.versusPopularity[question];
    const { customers, ndcg } = result.candidate[question];
    terminal.line(
      `NDCG@12 ${text}`.padEnd(34) +
        threeDigits(result.popularity[question].ndcg).padStart(5) +
        threeDigits(ndcg).padStart(9) +
        `   ${signed(lower)} to ${signed(upper)} (95 %, ${customers} customers)`,
    );
  }
  terminal.line('');
  const grounds = result.reasons.join('; ');
  terminal.line(
    result.promoted
      ? `${terminal.bold(`Model ${result.modelId} is current`)}: ${grounds}.`
      : `${terminal.bold(`Candidate ${result.candidateId} was rejected`)}: ${grounds}. ` +
          'What was current stays.',
  );
}

function threeDigits(value: number): string {
  return value.toFixed(3).replace(/^0/, '');
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${threeDigits(Math.abs(value))}`;
}
