/**
 * A file that can't be imported as it is: `message` says what is wrong with it and `remedy` what its
 * sender can do. Neither repeats anything of the file's content, so both may be logged.
 */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly remedy: string;
  /** What stands in the file instead: for who sent it alone, never for a log. */
  readonly found: string;

  constructor(message: string, remedy: string, found = '') {
    super(message);
    this.remedy = remedy;
    this.found = found;
  }
}

/** What to tell about a file whose bytes don't unpack or decode; other errors pass unchanged. */
export function unreadable(name: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR') {
    return new FileError(
      `${name} is truncated: its compressed data ends too early.`,
      'Download or copy it again.',
    );
  }
  if (code.startsWith('Z_') || code.startsWith('ZSTD_')) {
    return new FileError(
      `${name} is damaged: its compressed data is inconsistent.`,
      'Download or copy it again.',
    );
  }
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return new FileError(
      `${name} is not UTF-8.`,
      'Convert it (iconv -f latin1 -t utf-8), or set "encoding": "latin1" in the mapping\'s format.',
    );
  }
  return error;
}
