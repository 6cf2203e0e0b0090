/** What esbuild's loader `binary` makes of an imported file. */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
