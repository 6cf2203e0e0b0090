import * as z from 'zod';
import { type ReadContext, SourceRefusedError } from './connector.ts';
import type { ConnectorServices } from './rest.ts';
import type { JsonAnswer, JsonRequest } from './source-http.ts';

/** How a request shows who asks; what is secret is named, and stands in the sources' secret. */
export const restAuth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** Secret `token`. */
  z.strictObject({ kind: z.literal('bearer') }),
  /** Secrets `username` and `password`. */
  z.strictObject({ kind: z.literal('basic') }),
  /** Secret `token`, in a header of that name. */
  z.strictObject({ kind: z.literal('header'), name: z.string().min(1) }),
  /** Client credentials (RFC 6749, 4.4): secrets `clientId` and `clientSecret`. */
  z.strictObject({
    kind: z.literal('oauth2'),
    tokenUrl: z.url(),
    scope: z.string().optional(),
  }),
]);
export type RestAuth = z.infer<typeof restAuth>;

export interface RestAuthentication {
  request(request: JsonRequest, context: ReadContext): Promise<JsonAnswer>;
}

/** A token is taken for expired so long before it is. */
const EXPIRY_MARGIN_MS = 60_000;
/** Where the answer doesn't say; most tokens live an hour. */
const LIFETIME_S_DEFAULT = 1_800;

const tokenAnswer = z.looseObject({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().optional(),
});

export function createRestAuth(
  auth: RestAuth,
  { http, secrets, nowMs }: ConnectorServices,
): RestAuthentication {
  let token: { readonly value: string; readonly untilMs: number } | undefined;

  const fetchToken = async (context: ReadContext): Promise<string> => {
    if (auth.kind !== 'oauth2') throw new Error('only OAuth2 fetches tokens');
    if (token !== undefined && nowMs() < token.untilMs) return token.value;
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    if (auth.scope !== undefined) body.set('scope', auth.scope);
    const headers = { authorization: basic(secrets, 'clientId', 'clientSecret') };
    const request = { method: 'POST', url: auth.tokenUrl, headers, body } as const;
    const parsed = tokenAnswer.safeParse((await http.requestJson(request, context.signal)).body);
    if (!parsed.success) throw new SourceRefusedError('The token endpoint gave no access_token.');
    const { access_token: value, expires_in: lifetimeS = LIFETIME_S_DEFAULT } = parsed.data;
    token = { value, untilMs: nowMs() + lifetimeS * 1000 - EXPIRY_MARGIN_MS };
    return value;
  };

  const credentials = async (context: ReadContext): Promise<Record<string, string>> => {
    switch (auth.kind) {
      case 'none':
        return {};
      case 'bearer':
        return { authorization: `Bearer ${secretOf(secrets, 'token')}` };
      case 'basic':
        return { authorization: basic(secrets, 'username', 'password') };
      case 'header':
        return { [auth.name.toLowerCase()]: secretOf(secrets, 'token') };
      case 'oauth2':
        return { authorization: `Bearer ${await fetchToken(context)}` };
    }
  };

  return {
    async request(request, context) {
      const ask = async () =>
        http.requestJson(
          { ...request, headers: { ...request.headers, ...(await credentials(context)) } },
          context.signal,
        );
      const hadToken = token !== undefined;
      try {
        return await ask();
      } catch (error) {
        // A token may be withdrawn before it expires: asked for a new one once.
        if (auth.kind !== 'oauth2' || !hadToken || !(error instanceof SourceRefusedError))
          throw error;
        token = undefined;
        return ask();
      }
    },
  };
}

function basic(secrets: Readonly<Record<string, string>>, name: string, password: string): string {
  const text = `${secretOf(secrets, name)}:${secretOf(secrets, password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

/** @throws SourceRefusedError where the source has no such secret. */
export function secretOf(secrets: Readonly<Record<string, string>>, name: string): string {
  const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (value !== undefined && value !== '') return value;
  throw new SourceRefusedError(`The sources' secret has no "${name}" for this source.`);
}
