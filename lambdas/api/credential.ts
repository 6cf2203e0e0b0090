/** What a request identifies its caller by. */
export type Credential =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'none' };

/** API Gateway makes no shorter key, so what is shorter is the other half of a Basic credential. */
const API_KEY_CHARACTERS_MIN = 20;

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/**
 * Finds the credential of a request: the header `x-api-key`, else HTTP Basic with the key as user
 * name or as password (ESPs insist on one or the other), else the query's `token`. Whether it is
 * any good is for others to say.
 */
export function findCredential(
  headers: Readonly<Record<string, string | undefined>>,
  query: Readonly<Record<string, string | undefined>>,
): Credential {
  const key = headerOf(headers, 'x-api-key') ?? basicKey(headerOf(headers, 'authorization'));
  if (key !== undefined) return { kind: 'key', key };
  const { token } = query;
  if (token !== undefined && token !== '') return { kind: 'token', token };
  return { kind: 'none' };
}

/** Header names arrive in whatever case the client wrote them. */
function headerOf(
  headers: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  for (const [given, value] of Object.entries(headers)) {
    if (given.toLowerCase() === name && value !== undefined && value.trim() !== '') {
      return value.trim();
    }
  }
  return undefined;
}

function basicKey(authorization: string | undefined): string | undefined {
  const [, encoded] = BASIC.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [, user = '', password = ''] =
    /^([^:]*):?(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  const candidates = [password, user].filter((candidate) => candidate !== '');
  return (
    candidates.find((candidate) => candidate.length >= API_KEY_CHARACTERS_MIN) ?? candidates[0]
  );
}
