/**
 * Stands in every bundle for a hundred certificates of Amazon RDS, which the driver of MySQL takes for
 * `ssl: 'Amazon RDS'` alone. Connectors take the authority's certificate from the source's secret.
 */
export const ca: readonly string[] = [];
