/**
 * Stands in every bundle for the tables of old encodings, which the driver of MySQL brings along. The
 * connector asks for utf8mb4, which Node decodes by itself; in a handshake, before anything is asked for,
 * names come as CESU-8, which is UTF-8 but for characters beyond the first 65,536.
 */
export function getDecoder(encoding: string) {
  refuseOthers(encoding);
  return { write: (bytes: Buffer): string => bytes.toString('utf8'), end: () => undefined };
}

export function getEncoder(encoding: string) {
  refuseOthers(encoding);
  return { write: (text: string): Buffer => Buffer.from(text, 'utf8'), end: () => undefined };
}

function refuseOthers(encoding: string): void {
  if (encoding === 'cesu8') return;
  throw new Error(`this bundle has no encoding ${encoding}; see cdk/bundled/no-old-encodings.ts`);
}
