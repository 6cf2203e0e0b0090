/** The renderer's WebAssembly, and the fonts that it draws with. */
export interface DrawingFiles {
  readonly renderer: Uint8Array<ArrayBuffer>;
  readonly fonts: readonly Uint8Array<ArrayBuffer>[];
}
