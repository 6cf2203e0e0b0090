import type { Comparison, ExperimentResults, OutcomeResult } from './results.ts';
import { SAMPLE_RATIO_ALPHA, type SampleRatio } from './sample-ratio.ts';

/** What can be said of the primary outcome, by the sequential interval, so that it may be asked every day. */
export function verdictOf(
  primary: OutcomeResult | undefined,
  sampleRatio: SampleRatio | undefined,
): Pick<ExperimentResults, 'verdict' | 'reason'> {
  if (sampleRatio?.isMismatch === true) {
    return {
      verdict: 'mismatch',
      reason: `customers didn’t come in the shares of the document (p < ${SAMPLE_RATIO_ALPHA}): nothing here can be believed until the cause is found`,
    };
  }
  const known = (primary?.comparisons ?? []).filter(({ sequential }) => sequential !== undefined);
  if (primary === undefined || known.length === 0) {
    return {
      verdict: 'too early',
      reason: 'fewer than 25 customers of a variant have the outcome in mails whose window is over',
    };
  }
  const better = known.filter((one) => decidedBy(one).lower > 0);
  const worse = known.filter((one) => decidedBy(one).upper < 0);
  if (better.length > 0) return { verdict: 'better', reason: told(better, 'better', primary) };
  if (worse.length === known.length) {
    return { verdict: 'worse', reason: told(worse, 'worse', primary) };
  }
  return {
    verdict: 'undecided',
    reason: `of ${primary.outcome} no variant is told apart from the control yet`,
  };
}

/** The adjusted interval where there is one: it is the narrower. */
function decidedBy({ adjusted, sequential }: Comparison) {
  return adjusted?.sequential ?? sequential ?? { lower: -1, upper: Number.POSITIVE_INFINITY };
}

function told(found: readonly Comparison[], word: string, { outcome }: OutcomeResult): string {
  const names = found.map(({ variant }) => variant).join(', ');
  return `${names} ${found.length === 1 ? 'is' : 'are'} ${word} than the control in ${outcome}, however often it was looked at`;
}
