/** The plain twin of `fillUniform` in `../assembly/dense.ts`: numbers in [−scale, scale) by place and seed. */
export function uniformRows(
  rowCount: number,
  width: number,
  seed: number,
  scale: number,
): number[][] {
  return Array.from({ length: rowCount }, (_, row) =>
    Array.from({ length: width }, (_, column) => {
      const bits = mixed(mixed(row * width + column) ^ seed);
      return Math.fround(Math.fround(Math.fround(bits) / 2 ** 31) * Math.fround(scale));
    }),
  );
}

function mixed(value: number): number {
  let bits = (value + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return bits ^ (bits >>> 15);
}
