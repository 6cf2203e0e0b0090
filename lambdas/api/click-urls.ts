import type { APIGatewayProxyEvent } from 'aws-lambda';
import { isAllowedAddress } from '../../core/blocks/allowed-hosts.ts';
import { makeClickToken } from '../../core/blocks/click-token.ts';
import type { Recommendation } from '../../core/blocks/recommendation.ts';
import { webUrl } from '../../core/blocks/web-url.ts';
import { identitiesOfKey } from '../../core/identity/customer-key.ts';
import { identityRef } from '../../core/identity/identity-key.ts';
import { requestHeader } from '../ingest/request-header.ts';
import { pathOf } from './request-path.ts';
import { within } from './time-budget.ts';

/** What links are signed with; made once per process. */
export interface ClickSources {
  /** Where links may lead; nowhere by way of us where this is empty. */
  readonly hosts: readonly string[];
  /** How long a link works, from the day on which it was made. */
  readonly daysMax: number;
  readonly clickSecret: () => Promise<string>;
  readonly identitySecret: () => Promise<string>;
}

/** A process reads its secrets once; until then, and while they can't be had, links lead to the shop. */
const SECRETS_MS_MAX = 300;
const DAY_S = 86_400;

/** An ESP's id of a mailing; what else could stand there is not for a link. */
const CAMPAIGN = /^[\w.:-]{1,100}$/;
/** Host and port as a client names them. */
const HOST = /^[a-z0-9.-]{1,253}(:\d{1,5})?$/i;

/** Makes the items' `click_url` lead by way of us, where we may and can: else it stays the shop's own address. */
export class ClickUrls {
  readonly #sources: ClickSources;
  #secrets: readonly [click: string, identity: string] | undefined;

  constructor(sources: ClickSources) {
    this.#sources = sources;
  }

  /** Reads the secrets, within what a request can wait. */
  async ready(): Promise<void> {
    const { hosts, clickSecret, identitySecret } = this.#sources;
    if (hosts.length === 0) return;
    const read = await within(SECRETS_MS_MAX, () => Promise.all([clickSecret(), identitySecret()]));
    // Through an outage of their store the ones that were last read.
    if (read.ok) this.#secrets = read.value;
  }

  apply(
    recommendation: Recommendation,
    event: APIGatewayProxyEvent,
    nowMs: number,
  ): Recommendation {
    const base = baseOf(event);
    const secrets = this.#secrets;
    if (base === undefined || secrets === undefined) return recommendation;
    const [clickSecret, identitySecret] = secrets;
    const { hosts, daysMax } = this.#sources;
    const common = {
      ...commonPart(recommendation, event),
      identityRef: refOf(recommendation.customer, identitySecret),
    };
    // By whole days, so that an answer and its entity tag stay the same through one.
    const expiresAtS = (Math.floor(nowMs / 1000 / DAY_S) + 1 + daysMax) * DAY_S;
    const items = recommendation.items.map((item) => {
      if (!isAllowedAddress(item.url, hosts)) return item;
      const click = { ...common, url: item.url, itemId: item.item_id };
      // A link that some mail programs would cut leads to the shop at once.
      const link = webUrl(`${base}/click/${makeClickToken(click, expiresAtS, clickSecret)}`);
      return link === '' ? item : { ...item, click_url: link };
    });
    return { ...recommendation, items };
  }
}

function commonPart(
  { placement, experiment, variant }: Recommendation,
  event: APIGatewayProxyEvent,
) {
  return { placement, experiment, variant, campaign: campaignOf(event) };
}

/** `campaign` of the query: the ESP's id of the mailing, or nothing. */
export function campaignOf(event: APIGatewayProxyEvent): string {
  const campaign = event.queryStringParameters?.campaign ?? '';
  return CAMPAIGN.test(campaign) ? campaign : '';
}

function refOf(customer: string, identitySecret: string): string {
  if (customer === '') return '';
  const [likeliest] = identitiesOfKey(customer, identitySecret);
  return likeliest === undefined ? '' : identityRef(likeliest);
}

/** The API's address as the client knows it, its stage or base path included. */
function baseOf(event: APIGatewayProxyEvent): string | undefined {
  const host = requestHeader(event, 'host') ?? event.requestContext.domainName ?? '';
  if (!HOST.test(host)) return undefined;
  const scheme = requestHeader(event, 'x-forwarded-proto') === 'http' ? 'http' : 'https';
  const [stage = ''] = /^.*?(?=\/(recommendations|blocks)\/)/.exec(pathOf(event)) ?? [];
  return `${scheme}://${host}${stage}`;
}
