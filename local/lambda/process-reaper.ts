import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Remembers the processes it is told of (`+ pid`, `- pid`) and kills those left when its input ends,
 * which is when this process is gone, however it went. It sits out the signals of Ctrl-C.
 */
const SCRIPT = `
trap '' INT TERM HUP
live=' '
while read -r sign pid; do
  case $sign in
    +) live="$live$pid " ;;
    -) live="\${live%% $pid *} \${live#* $pid }" ;;
  esac
done
for pid in $live; do kill -9 "$pid"; done
`;

let shell: ChildProcess | undefined;

/**
 * Makes sure that a process doesn't outlive this one. A function's process leaves by itself when its
 * channel closes, but not from the middle of a loop; a shell of one megabyte does it for all of them.
 * Where there is no shell (Windows), the channel alone has to do.
 */
export function killWithUs(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || process.platform === 'win32') return;
  shell ??= startShell();
  const { stdin } = shell;
  stdin?.write(`+ ${pid}\n`);
  child.once('exit', () => stdin?.write(`- ${pid}\n`));
}

function startShell(): ChildProcess {
  const started = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'] });
  // Without the shell only the guarantee for loops is gone; that is no reason to stop.
  started.on('error', () => {});
  started.stdin.on('error', () => {});
  started.unref();
  if ('unref' in started.stdin && typeof started.stdin.unref === 'function') started.stdin.unref();
  return started;
}
