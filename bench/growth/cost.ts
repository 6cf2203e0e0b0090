/** What a training of that size costs in us-east-1, by the prices of November 2026 on AWS's pages, and where. */

export interface Point {
  readonly rows: number;
  readonly customers: number;
  readonly items: number;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly modelBytes: number;
}

export interface Priced {
  readonly tier: 'Lambda' | 'Fargate' | 'Spark';
  /** Of this step alone. */
  readonly dollars: number;
}

const MB = 1024 ** 2;
const GB = 1024 ** 3;
/** Lambda gives a second processor at 3,538 MB; the measured runs have two. */
const LAMBDA_MB_MIN = 3_538;
const LAMBDA_MB_MAX = 10_240;
/** Lambda ends a function after 900 s; half of it is room for slower hours and for the read of the snapshot. */
const LAMBDA_S_MAX = 450;
/** Room above the measured peak. */
const MEMORY_FACTOR = 1.3;
/** https://aws.amazon.com/lambda/pricing/, arm64. */
const LAMBDA_GB_S_DOLLARS = 0.0000133334;
/** https://aws.amazon.com/fargate/pricing/, Linux on ARM. */
const FARGATE_VCPU_H_DOLLARS = 0.03238;
const FARGATE_GB_H_DOLLARS = 0.00356;
const FARGATE_GB_MAX = 120;
/** Fargate's smallest memory for two processors. */
const FARGATE_GB_MIN = 4;
const FARGATE_START_S = 60;
const HOUR_S = 3_600;
const PROCESSORS = 2;

export function priced({ seconds, peakBytes }: Point): Priced {
  const wantedMb = Math.max(LAMBDA_MB_MIN, (peakBytes * MEMORY_FACTOR) / MB);
  if (wantedMb <= LAMBDA_MB_MAX && seconds <= LAMBDA_S_MAX) {
    return { tier: 'Lambda', dollars: seconds * (wantedMb / 1024) * LAMBDA_GB_S_DOLLARS };
  }
  const gigabytes = Math.max(FARGATE_GB_MIN, Math.ceil((peakBytes * MEMORY_FACTOR) / GB));
  const hours = (seconds + FARGATE_START_S) / HOUR_S;
  const dollars = hours * (PROCESSORS * FARGATE_VCPU_H_DOLLARS + gigabytes * FARGATE_GB_H_DOLLARS);
  return { tier: gigabytes <= FARGATE_GB_MAX ? 'Fargate' : 'Spark', dollars };
}
