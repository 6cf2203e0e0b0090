/** There is no room left for what a snapshot takes; nothing was published. */
export class DiskFull extends Error {
  override readonly name = 'DiskFull';
}

/** ENOSPC of the operating system, and what DuckDB says of its bounds, as an error with a remedy. */
export function explainedSpace(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const isFull =
    ('code' in error && error.code === 'ENOSPC') ||
    /No space left on device|max_temp_directory_size|Out of Memory|could not allocate/i.test(
      error.message,
    );
  if (!isFull) return error;
  return new DiskFull(
    'memory or /tmp of the function are too small for this snapshot; raise memoryMb.snapshot in ' +
      'cdk/environments.ts (a larger function has more of both for its queries), or keep fewer days in the lake',
  );
}
