/** What a person sees: progress that overwrites itself on a terminal, plain lines elsewhere. */
export interface Terminal {
  /** A finished step or a fact worth keeping. */
  line(text: string): void;
  /** A step under way; on a terminal it replaces the progress shown before, elsewhere it is left out. */
  progress(text: string): void;
  bold(text: string): string;
  dim(text: string): string;
}

/** What shells report of a program that SIGPIPE ended: https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html */
const SIGPIPE_EXIT_CODE = 141;

/**
 * Ends the process without a word when nobody reads what it writes any more, as with `| head -1`. Node ignores
 * SIGPIPE, which ends other programs there, and would end with a stack trace.
 */
export function endWhenUnread(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(SIGPIPE_EXIT_CODE);
  });
}

/** Writes to `stream`; colours and progress only on a TTY, and never with NO_COLOR (https://no-color.org). */
export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  const isInteractive = stream.isTTY === true;
  const hasColours = isInteractive && process.env.NO_COLOR === undefined;
  const style = (code: number) => (text: string) =>
    hasColours ? `\u001b[${code}m${text}\u001b[0m` : text;
  const clear = isInteractive ? '\r\u001b[2K' : '';
  return {
    line: (text) => stream.write(`${clear}${text}\n`),
    progress: (text) => {
      if (isInteractive) stream.write(`${clear}${text.slice(0, (stream.columns ?? 80) - 1)}`);
    },
    bold: style(1),
    dim: style(2),
  };
}
