import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

/** Node's SHA-256, an HMAC where there is a secret, in the form that the signer asks for. */
export class Sha256 {
  readonly #start: () => Hash | Hmac;
  #running: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#start = () =>
      secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret));
    this.#running = this.#start();
  }

  reset(): void {
    this.#running = this.#start();
  }

  update(data: Uint8Array | string): void {
    this.#running.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#running.digest();
  }
}

function keyOf(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === 'string') return secret;
  if (secret instanceof ArrayBuffer) return new Uint8Array(secret);
  return new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength);
}
