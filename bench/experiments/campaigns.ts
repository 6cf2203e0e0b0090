import type { Check } from '../check.ts';
export async function campaignChecks(): Promise<Check[]> {
  return [];
}
