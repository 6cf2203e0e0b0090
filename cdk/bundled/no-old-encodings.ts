/**
 * Stands in every bundle for the tables of old encodings, which the driver of MySQL brings along. The
 * connector asks for utf8mb4, which Node decodes by itself.
 */
export function getDecoder(encoding: string): never {
  throw new Error(`this bundle has no encoding ${encoding}; see cdk/bundled/no-old-encodings.ts`);
}

export const getEncoder = getDecoder;
export const decode = (_: Uint8Array, encoding: string): never => getDecoder(encoding);
export const encode = (_: string, encoding: string): never => getDecoder(encoding);
