import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../../adapters/aws/sha256.ts';
import type { TestCloud } from '../integration/cloud.ts';

/** A request to the operators' API, signed by IAM as its reference says. */
export async function operatorsRequest(
  { cloud }: TestCloud,
  method: 'GET' | 'PUT',
  path: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const { api, region } = cloud.connection;
  const url = new URL(`${api}${path}`);
  const credentials = { accessKeyId: 'kindred', secretAccessKey: 'kindred' };
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const { headers } = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    headers: { host: url.host, 'content-type': 'application/json' },
    ...text,
  });
  const { host: _, ...sent } = headers;
  const answer = await fetch(url, { method, headers: sent, ...text });
  return { status: answer.status, body: await answer.json() };
}
