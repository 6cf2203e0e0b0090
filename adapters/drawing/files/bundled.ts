/** What drawing needs, in a bundle: esbuild has put the files' bytes into it. */
import renderer from '@resvg/resvg-wasm/index_bg.wasm';
import regular from 'dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf';
import bold from 'dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf';
import type { DrawingFiles } from './drawing-files.ts';

export function drawingFiles(): DrawingFiles {
  return { renderer, fonts: [regular, bold] };
}
