/**
 * What statistics need of the customers of a variant, as sums, so that any number of customers is ten numbers.
 *
 * Customers are dealt to variants, mails are what is counted: a customer has `size` mails (or openings) of which
 * `value` is the outcome, and `before` is what the customer did before the first of them. The rate of a variant is a
 * ratio of two sums over customers, and its variance that of customers, not of mails: two mails of one customer are
 * not two proofs.
 */
export interface UnitSums {
  readonly customers: number;
  /** Of them those with an outcome. */
  readonly outcomes: number;
  readonly size: number;
  readonly value: number;
  readonly before: number;
  readonly sizeSize: number;
  readonly sizeValue: number;
  readonly valueValue: number;
  readonly beforeBefore: number;
  readonly beforeSize: number;
  readonly beforeValue: number;
}

export interface Unit {
  readonly size: number;
  readonly value: number;
  readonly before: number;
}

/** An estimate of a mean; `variance` is that of one customer, so that the estimate's own is variance / customers. */
export interface MeanEstimate {
  readonly mean: number;
  readonly variance: number;
  readonly customers: number;
  /** Of them those with an outcome. */
  readonly outcomes: number;
}

export function sumsOf(units: Iterable<Unit>): UnitSums {
  const sums = {
    ...{ customers: 0, outcomes: 0, size: 0, value: 0, before: 0 },
    ...{ sizeSize: 0, sizeValue: 0, valueValue: 0 },
    ...{ beforeBefore: 0, beforeSize: 0, beforeValue: 0 },
  };
  for (const { size, value, before } of units) {
    sums.customers += 1;
    sums.outcomes += value === 0 ? 0 : 1;
    sums.size += size;
    sums.value += value;
    sums.before += before;
    sums.sizeSize += size * size;
    sums.sizeValue += size * value;
    sums.valueValue += value * value;
    sums.beforeBefore += before * before;
    sums.beforeSize += before * size;
    sums.beforeValue += before * value;
  }
  return sums;
}

/** Of the customers of both. */
export function combinedSums(a: UnitSums, b: UnitSums): UnitSums {
  return {
    customers: a.customers + b.customers,
    outcomes: a.outcomes + b.outcomes,
    size: a.size + b.size,
    value: a.value + b.value,
    before: a.before + b.before,
    sizeSize: a.sizeSize + b.sizeSize,
    sizeValue: a.sizeValue + b.sizeValue,
    valueValue: a.valueValue + b.valueValue,
    beforeBefore: a.beforeBefore + b.beforeBefore,
    beforeSize: a.beforeSize + b.beforeSize,
    beforeValue: a.beforeValue + b.beforeValue,
  };
}

/**
 * The ratio Σ value / Σ size, with the delta method's variance: that of (value − ratio · size) / mean size.
 * Source: Deng, Knoblich, Lu, “Applying the Delta Method in Metric Analytics”, KDD 2018, section 2.
 */
export function ratioOf(sums: UnitSums): MeanEstimate {
  const { customers, outcomes, size, value, sizeSize, sizeValue, valueValue } = sums;
  if (size === 0) return { mean: 0, variance: 0, customers, outcomes };
  const mean = value / size;
  const meanSize = size / customers;
  const squares = valueValue - 2 * mean * sizeValue + mean * mean * sizeSize;
  const variance = customers > 1 ? Math.max(0, squares) / (customers - 1) / meanSize ** 2 : 0;
  return { mean, variance, customers, outcomes };
}

/**
 * The variants' ratios with what customers did before taken out (CUPED): of each customer's part in the ratio
 * θ (before − mean before of all) is subtracted, θ = cov / var of all variants together, so that the expectation
 * stays and the variance falls by the squared correlation.
 * Source: Deng, Xu, Kohavi, Walker, “Improving the Sensitivity of Online Controlled Experiments by Utilizing
 * Pre-Experiment Data”, WSDM 2013; of ratios by their linear part, as in the delta method above.
 */
export function adjustedRatiosOf(variants: readonly UnitSums[]): MeanEstimate[] {
  const parts = variants.map(partsOf);
  const variance = parts.reduce((sum, part) => sum + part.beforeVariance, 0);
  const covariance = parts.reduce((sum, part) => sum + part.covariance, 0);
  const theta = variance > 0 ? covariance / variance : 0;
  const customers = variants.reduce((sum, one) => sum + one.customers, 0);
  const before = variants.reduce((sum, one) => sum + one.before, 0) / Math.max(1, customers);
  return parts.map((part) => ({
    customers: part.ratio.customers,
    outcomes: part.ratio.outcomes,
    mean: part.ratio.mean - theta * (part.beforeMean - before),
    variance: Math.max(
      0,
      part.ratio.variance - 2 * theta * part.covariance + theta * theta * part.beforeVariance,
    ),
  }));
}

function partsOf(sums: UnitSums) {
  const { customers, size, before, beforeBefore, beforeSize, beforeValue } = sums;
  const ratio = ratioOf(sums);
  const beforeMean = customers > 0 ? before / customers : 0;
  if (customers < 2 || size === 0) return { ratio, beforeMean, beforeVariance: 0, covariance: 0 };
  const meanSize = size / customers;
  // The linear part of the ratio has the mean 0, so that the product of means drops out.
  const covariance = (beforeValue - ratio.mean * beforeSize) / meanSize / (customers - 1);
  const beforeVariance = Math.max(0, beforeBefore - before * beforeMean) / (customers - 1);
  return { ratio, beforeMean, beforeVariance, covariance };
}
