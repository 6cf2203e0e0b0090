/** What esbuild's loader `binary` makes of an imported file. */
declare module '*.ttf' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
