import cdf from '@stdlib/stats-base-dists-normal-cdf';
import quantile from '@stdlib/stats-base-dists-normal-quantile';

/** Φ: the share of a standard normal distribution below `z`. */
export function normalBelow(z: number): number {
  return cdf(z, 0, 1);
}

/** Φ⁻¹. */
export function normalQuantile(share: number): number {
  return quantile(share, 0, 1);
}

export function normalDensity(z: number): number {
  return Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
}
