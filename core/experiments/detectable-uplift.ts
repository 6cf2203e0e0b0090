import { ALPHA } from './interval.ts';
import { normalQuantile } from './normal-distribution.ts';
import { sequentialHalfWidth } from './sequential-interval.ts';

/** The chance with which an effect that is there shall be found. */
export const POWER = 0.8;
/** Beyond it nobody waits. */
const DAYS_MAX = 1_000;

/** What is known of the noise: the standard error of the logarithm of the ratio at so many customers. */
export interface Noise {
  readonly standardError: number;
  readonly customers: number;
}

/**
 * The smallest relative uplift that one look at a size fixed before finds with a chance of 80 %:
 * exp((z_{1−α/2} + z_power) · standard error) − 1. Source: Kohavi, Tang, Xu, Trustworthy Online Controlled Experiments
 * (2020), chapter 17.
 */
export function fixedDetectableUplift({ standardError }: Noise, alpha = ALPHA, power = POWER) {
  return Math.expm1((normalQuantile(1 - alpha / 2) + normalQuantile(power)) * standardError);
}

/** The same for the sequential interval at this size: its half-width takes the place of z_{1−α/2}. */
export function sequentialDetectableUplift(noise: Noise, alpha = ALPHA, power = POWER): number {
  const half = sequentialHalfWidth(noise, alpha);
  return Math.expm1(half + normalQuantile(power) * noise.standardError);
}

/**
 * Whole days until the sequential interval finds an uplift of `uplift` with a chance of 80 %, if customers come as they
 * have come: 0 where it would already; undefined where it would take years.
 */
export function daysToGo(
  noise: Noise,
  customersPerDay: number,
  uplift: number,
): number | undefined {
  if (!(customersPerDay > 0)) return undefined;
  for (let days = 0; days <= DAYS_MAX; days += 1) {
    const customers = noise.customers + days * customersPerDay;
    const standardError = noise.standardError * Math.sqrt(noise.customers / customers);
    if (sequentialDetectableUplift({ standardError, customers }) <= uplift) return days;
  }
  return undefined;
}
