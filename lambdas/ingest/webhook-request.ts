import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { ConfigDocuments } from '../../adapters/dynamodb/config-documents.ts';
import type { SingleUseTokens } from '../../adapters/dynamodb/single-use-tokens.ts';
import type { SnsEndpoint } from '../../adapters/sns/sns-endpoint.ts';
import { IMPORT_BATCH_BYTES_MAX, IMPORT_CALL_BYTES_MAX } from '../../core/events/limits.ts';
import { type SourceDocument, sourceDocument, sourceId } from '../../core/events/source.ts';
import type { PropertiesCheck } from '../../core/events/validate-call.ts';
import { jsonOf } from '../../core/webhooks/json-of.ts';
import { vendorCalls } from '../../core/webhooks/vendor-calls.ts';
import type {
  RefusalCause,
  VendorEvent,
  VendorWebhook,
  Verification,
} from '../../core/webhooks/vendor-webhook.ts';
import { vendorWebhooks } from '../../core/webhooks/vendors.ts';
import { espName, type WebhookDocument } from '../../core/webhooks/webhook-document.ts';
import { acknowledged, Problem } from './answers.ts';
import { type IntakeMetric, type IntakePorts, takeIn } from './intake.ts';
import { requestHeader } from './request-header.ts';

/** What the webhooks work with; made once per process. */
export interface WebhookPorts extends VendorEventPorts {
  readonly webhooks: Pick<ConfigDocuments<WebhookDocument>, 'get'>;
  readonly sources: Pick<ConfigDocuments<SourceDocument>, 'get'>;
  readonly secrets: (sourceId: string) => Promise<Readonly<Record<string, string>>>;
  readonly tokens: SingleUseTokens;
  readonly sns: SnsEndpoint;
  /** Is told of requests that fail their verification, for those who look for the reason. */
  readonly onRefused: (sourceId: string, cause: RefusalCause) => void;
}

/** What an ESP's events are taken in with, by webhook or by file. */
export interface VendorEventPorts extends IntakePorts {
  readonly count: (metric: WebhookMetric, value: number) => void;
  /** The check of the customer's own schemas, as strictly as a source wants them. */
  readonly checkFor: (schemaMode: SourceDocument['schemaMode']) => Promise<PropertiesCheck>;
}

export type WebhookMetric = IntakeMetric | 'WebhooksRefused' | 'WebhookEventsIgnored';

/** How long after a token's last good use it is remembered: its tolerance on both sides of now, and slack. */
const TOKEN_SLACK_S = 3_600;

/**
 * Takes a request of an ESP: 200 once everything that it says is durable, on the stream or in quarantine.
 * @throws Problem for every other answer that the sender caused; anything else is ours, and temporary.
 */
export async function takeWebhook(
  event: APIGatewayProxyEvent,
  ports: WebhookPorts,
  deadlineMs: number,
): Promise<APIGatewayProxyResult> {
  const receivedAtMs = Date.now();
  const { esp, source, document } = await senderOf(event, ports);
  const vendor = vendorWebhooks[esp];
  const body = bodyOf(event);
  await believe({ event, body, vendor, document, source, nowMs: receivedAtMs }, ports);
  const value = jsonOf(body.toString('utf8'));
  if (value === undefined) throw new Problem(400, 'The body is not JSON.');
  const reading = vendor.read(value);
  if (reading.kind === 'malformed') throw new Problem(400, `The body: ${reading.problem}.`);
  if (reading.kind === 'subscription') await ports.sns.confirm(reading.url);
  if (reading.kind === 'events') {
    const arrival = { source, receivedAtMs, deadlineMs };
    await takeVendorEvents(esp, vendor, reading.events, arrival, ports);
  }
  return acknowledged();
}

/** Maps an ESP's events and takes them in; by webhook or by file alike. */
export async function takeVendorEvents(
  esp: WebhookDocument['esp'],
  vendor: VendorWebhook,
  events: readonly VendorEvent[],
  arrival: {
    readonly source: SourceDocument;
    readonly receivedAtMs: number;
    readonly deadlineMs: number;
  },
  ports: VendorEventPorts,
): Promise<void> {
  const { calls, ignoredCount } = vendorCalls(esp, vendor.mappings, events);
  const { source, receivedAtMs, deadlineMs } = arrival;
  if (calls.length > 0) {
    const check = await ports.checkFor(source.schemaMode);
    const of = { source, receivedAtMs, check };
    const said = { ...of, mayHoldEmail: true, callBytesMax: IMPORT_CALL_BYTES_MAX };
    await takeIn(calls, said, ports, deadlineMs);
  }
  if (ignoredCount > 0) ports.count('WebhookEventsIgnored', ignoredCount);
}

/** The source's document, with its defaults where there is none; undefined where it is switched off. */
export async function enabledSource(
  id: string,
  sources: WebhookPorts['sources'],
): Promise<SourceDocument | undefined> {
  const source = (await sources.get(id)) ?? sourceDocument.parse({ sourceId: id });
  return source.isEnabled ? source : undefined;
}

interface Sender {
  readonly esp: WebhookDocument['esp'];
  readonly source: SourceDocument;
  readonly document: WebhookDocument;
}

/** Who the path and the query say is sending; without a query the source is named as the ESP. */
async function senderOf(event: APIGatewayProxyEvent, ports: WebhookPorts): Promise<Sender> {
  const esp = espName.safeParse(event.pathParameters?.esp);
  if (!esp.success) throw new Problem(404, 'No such ESP; see the list of webhooks.');
  const unknown = new Problem(404, 'No webhook of this ESP for the source; check the address.');
  const id = sourceId.safeParse(event.queryStringParameters?.source ?? esp.data);
  if (!id.success) throw unknown;
  const document = await ports.webhooks.get(id.data);
  if (document?.esp !== esp.data) throw unknown;
  const source = await enabledSource(id.data, ports.sources);
  if (source === undefined) throw unknown;
  return { esp: esp.data, source, document };
}

function bodyOf(event: APIGatewayProxyEvent): Buffer {
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (body.length <= IMPORT_BATCH_BYTES_MAX) return body;
  throw new Problem(413, `The body has more than ${IMPORT_BATCH_BYTES_MAX} bytes.`);
}

interface Claim {
  readonly event: APIGatewayProxyEvent;
  readonly body: Buffer;
  readonly vendor: VendorWebhook;
  readonly document: WebhookDocument;
  readonly source: SourceDocument;
  readonly nowMs: number;
}

async function believe(claim: Claim, ports: WebhookPorts): Promise<void> {
  const verification = await verified(claim, ports);
  if (verification.kind === 'verified') return;
  ports.count('WebhooksRefused', 1);
  ports.onRefused(claim.source.sourceId, verification.cause);
  // 401 and never 403: Postmark stops at a 403, and a secret that was mistyped here is soon repaired.
  throw new Problem(401, 'The request is not signed as this source signs.');
}

async function verified(claim: Claim, ports: WebhookPorts): Promise<Verification> {
  const { event, body, vendor, document, source, nowMs } = claim;
  const toleranceS =
    ('toleranceSeconds' in document ? document.toleranceSeconds : undefined) ??
    vendor.toleranceSeconds;
  const verification = await vendor.verify(
    { body, header: (name) => requestHeader(event, name) },
    {
      secrets: document.esp === 'ses' ? {} : await ports.secrets(source.sourceId),
      nowMs,
      toleranceMs: toleranceS * 1000,
      topicArns: document.esp === 'ses' ? document.topicArns : [],
      certificate: (url) => ports.sns.certificate(url),
    },
  );
  if (verification.kind === 'refused' || verification.onceOnly === undefined) return verification;
  const bodySha256 = createHash('sha256').update(body).digest('base64url');
  const expiresAtS = Math.ceil(nowMs / 1000) + 2 * toleranceS + TOKEN_SLACK_S;
  const token = `${source.sourceId} ${verification.onceOnly}`;
  const isFirst = await ports.tokens.claim(token, bodySha256, expiresAtS);
  return isFirst ? verification : { kind: 'refused', cause: 'replayed' };
}
