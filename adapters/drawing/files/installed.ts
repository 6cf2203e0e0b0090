/** What drawing needs, where the packages are. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DrawingFiles } from './drawing-files.ts';

const { resolve } = createRequire(import.meta.url);
const bytesOf = (file: string) => Uint8Array.from(readFileSync(resolve(file)));

export function drawingFiles(): DrawingFiles {
  return {
    renderer: bytesOf('@resvg/resvg-wasm/index_bg.wasm'),
    fonts: ['DejaVuSansCondensed', 'DejaVuSansCondensed-Bold'].map((name) =>
      bytesOf(`dejavu-fonts-ttf/ttf/${name}.ttf`),
    ),
  };
}
