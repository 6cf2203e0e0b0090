const ZERO = 0x30;
const DAY_MS = 86_400_000;
/** Of `2026-11-23T`. */
const DATE_BYTES = 11;

/** The last day that was written: calls that come together happened on one, mostly. */
let lastDay = Number.NaN;
let lastDate = Buffer.alloc(0);

/** Writes `2026-11-23T09:15:00.123Z`, as `toISOString` does; gives the place behind it. */
export function writeTime(target: Buffer, start: number, timeMs: number): number {
  const day = Math.floor(timeMs / DAY_MS);
  if (day !== lastDay) {
    lastDate = Buffer.from(new Date(timeMs).toISOString().slice(0, DATE_BYTES));
    lastDay = day;
  }
  const msOfDay = timeMs - day * DAY_MS;
  const secondOfDay = Math.floor(msOfDay / 1_000);
  const minuteOfDay = Math.floor(secondOfDay / 60);
  const at = start + lastDate.copy(target, start);
  writeTwo(target, at, Math.floor(minuteOfDay / 60));
  target[at + 2] = 0x3a;
  writeTwo(target, at + 3, minuteOfDay % 60);
  target[at + 5] = 0x3a;
  writeTwo(target, at + 6, secondOfDay % 60);
  target[at + 8] = 0x2e;
  const millisecond = msOfDay % 1_000;
  target[at + 9] = ZERO + Math.floor(millisecond / 100);
  writeTwo(target, at + 10, millisecond % 100);
  target[at + 12] = 0x5a;
  return at + 13;
}

function writeTwo(target: Buffer, at: number, value: number): void {
  target[at] = ZERO + Math.floor(value / 10);
  target[at + 1] = ZERO + (value % 10);
}
