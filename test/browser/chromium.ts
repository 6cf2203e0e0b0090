import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';

/** Where a Chromium is: what CHROMIUM_PATH says, else the first on the PATH under its usual names. */
export function chromiumPath(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** Says why browser tests are left out, once a file. */
export function missingChromium(): boolean {
  if (chromiumPath() !== undefined) return false;
  process.stderr.write('Skipped: there is no Chromium; set CHROMIUM_PATH to one.\n');
  return true;
}

/** What a visitor's browser sends. */
const VISITOR_USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/** A browser that says it is a visitor's; left to itself it says HeadlessChrome, which is a bot's name. */
export function launchChromium(userAgent = VISITOR_USER_AGENT): Promise<Browser> {
  return puppeteer.launch({
    executablePath: chromiumPath() ?? '',
    headless: true,
    // Containers have no user namespaces for the sandbox; the pages are ours.
    args: ['--no-sandbox', '--disable-dev-shm-usage', `--user-agent=${userAgent}`],
  });
}

/** A site that serves what it is told, by path. */
export interface Site {
  readonly origin: string;
  stop(): Promise<void>;
}

export async function serveSite(
  files: Readonly<Record<string, { type: string; body: string | Buffer }>>,
): Promise<Site> {
  const server = createServer((request, response) => {
    const file = files[new URL(request.url ?? '/', 'http://site').pathname];
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': file?.type ?? 'text/plain',
    });
    response.end(file?.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
