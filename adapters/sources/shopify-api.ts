import * as z from 'zod';
import { type ReadContext, SourceRefusedError } from './connector.ts';
import type { ConnectorServices } from './rest.ts';
import { secretOf } from './rest-auth.ts';
import { askPatiently, type Throttled } from './throttle.ts';

/**
 * What a GraphQL answer may be, whose status is 200 even for a refusal.
 * Source: https://shopify.dev/docs/api/usage/limits and
 * https://shopify.dev/docs/api/admin-graphql#status_and_error_codes
 */
const answer = z.looseObject({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(z.looseObject({ extensions: z.looseObject({ code: z.string().optional() }).optional() }))
    // A wrong version or token is told as a text.
    .or(z.string())
    .optional(),
  extensions: z
    .looseObject({
      cost: z
        .looseObject({
          requestedQueryCost: z.number(),
          throttleStatus: z.looseObject({
            currentlyAvailable: z.number(),
            restoreRate: z.number(),
          }),
        })
        .optional(),
    })
    .optional(),
});
type Answer = z.infer<typeof answer>;

/** Where an answer doesn't say what the bucket holds, and for faults of the vendor's own. */
const WAIT_MS_DEFAULT = 2_000;
/** The bucket is shared with other apps of the shop, so a little more than it needs. */
const WAIT_MS_MARGIN = 250;

/** The query costs more than one query may: it is to ask for less at once. */
export const TOO_COSTLY = { kind: 'too-costly' } as const;

export type ShopifyAnswer =
  | typeof TOO_COSTLY
  | { readonly kind: 'data'; readonly data: Readonly<Record<string, unknown>> };

/** Asks one query, waiting where the shop's bucket of points is empty. */
export async function askShopify(
  url: string,
  query: { readonly query: string; readonly variables: object },
  services: ConnectorServices,
  context: ReadContext,
): Promise<ShopifyAnswer> {
  const headers = { 'x-shopify-access-token': secretOf(services.secrets, 'accessToken') };
  return askPatiently<ShopifyAnswer>(
    async () => {
      const request = { method: 'POST', url, headers, body: query } as const;
      const { body } = await services.http.requestJson(request, context.signal);
      const parsed = answer.safeParse(body);
      if (!parsed.success) throw new SourceRefusedError('The answer is none of the Admin API.');
      return outcomeOf(parsed.data);
    },
    services,
    context,
  );
}

function outcomeOf({ data, errors, extensions }: Answer): ShopifyAnswer | Throttled {
  if (errors === undefined || errors.length === 0) return { kind: 'data', data: data ?? {} };
  const codes = Array.isArray(errors) ? errors.map((each) => each.extensions?.code ?? '') : [];
  if (codes.includes('THROTTLED')) return { throttledMs: refillMs(extensions?.cost) };
  if (codes.includes('INTERNAL_SERVER_ERROR')) return { throttledMs: WAIT_MS_DEFAULT };
  if (codes.includes('MAX_COST_EXCEEDED')) return TOO_COSTLY;
  // Data beside errors has holes where fields were refused: it is not taken.
  const code = codes.find((each) => /^[A-Z_]{1,40}$/u.test(each));
  throw new SourceRefusedError(
    `Shopify refused the query (${code ?? 'no code'}): check the app's access scopes and the apiVersion.`,
  );
}

type Cost = NonNullable<NonNullable<Answer['extensions']>['cost']>;

/** Until the bucket holds what the query asks for. */
function refillMs(cost: Cost | undefined): number {
  if (cost === undefined || cost.throttleStatus.restoreRate <= 0) return WAIT_MS_DEFAULT;
  const { currentlyAvailable, restoreRate } = cost.throttleStatus;
  const missing = Math.max(0, cost.requestedQueryCost - currentlyAvailable);
  return Math.ceil((missing / restoreRate) * 1000) + WAIT_MS_MARGIN;
}
