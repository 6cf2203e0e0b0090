import { type Recommendation, recommendation } from '../../core/blocks/recommendation.ts';
import { UserError } from '../user-error.ts';

interface Target {
  readonly api: string;
  readonly apiKey: string;
}

/** @throws UserError when the answer is not the contract's */
export async function fetchRecommendation(
  target: Target,
  placement: string,
  customer: string,
  limit: number,
): Promise<Recommendation> {
  const query = `customer=${encodeURIComponent(customer)}&limit=${limit}`;
  const response = await get(target, `/v1/recommendations/${placement}?${query}`);
  return recommendation.parse(await response.json());
}

export async function fetchBlockHtml(
  target: Target,
  placement: string,
  customer: string,
): Promise<string> {
  const response = await get(
    target,
    `/v1/blocks/${placement}.html?customer=${encodeURIComponent(customer)}`,
  );
  return response.text();
}

async function get({ api, apiKey }: Target, path: string): Promise<Response> {
  const response = await fetch(`${api}${path}`, { headers: { 'x-api-key': apiKey } });
  if (response.status === 200) return response;
  throw new UserError(
    `The API answered ${response.status} for ${path.split('?')[0]}.`,
    'Run `npm start` and look at what the functions print.',
  );
}
