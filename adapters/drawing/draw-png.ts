import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { drawingFiles } from '#drawing-files';
import {
  drawableImage,
  FONT_FAMILY,
  type SlotImage,
  slotImageSvg,
  slotTextsSvg,
  textWidthMaxPx,
} from '../../core/blocks/slot-image.ts';
import { fontCoverage } from './font-coverage.ts';

/** Screens of phones have two or three pixels for one of CSS; text drawn at twice its size is sharp on them. */
const DENSITY = 2;
/** Below this a text is not read any more; what is wider then is cut by the image's edge. */
const TEXT_SCALE_MIN = 0.5;

/** Draws a slot's image as PNG, at twice its size. Text is never wider than the image: it is measured and made smaller. */
export async function drawPng(wanted: SlotImage): Promise<Uint8Array> {
  await renderer();
  const image = drawableImage(wanted, (codePoint) => coverage.has(codePoint));
  const widthPx = measuredWidthPx(slotTextsSvg(image));
  const scale = Math.min(1, textWidthMaxPx(image) / Math.max(1, widthPx));
  return rendered(slotImageSvg(image, Math.max(TEXT_SCALE_MIN, scale)), (drawn) =>
    drawn.render().asPng(),
  );
}

function measuredWidthPx(svg: string): number {
  return rendered(svg, (drawn) => drawn.getBBox()?.width ?? 0);
}

/** The renderer's memory is its own: what isn't freed stays for the life of the process. */
function rendered<Value>(svg: string, use: (drawn: InstanceType<typeof Resvg>) => Value): Value {
  const drawn = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: DENSITY },
    font: { fontBuffers: [...fonts], loadSystemFonts: false, defaultFontFamily: FONT_FAMILY },
  });
  try {
    return use(drawn);
  } finally {
    drawn.free();
  }
}

let fonts: readonly Uint8Array[] = [];
/** What every font has a glyph for. */
let coverage: ReadonlySet<number> = new Set();
let ready: Promise<void> | undefined;

/** Compiled once per process, with the first image. */
function renderer(): Promise<void> {
  ready ??= start();
  return ready;
}

async function start(): Promise<void> {
  const files = drawingFiles();
  await initWasm(files.renderer);
  fonts = files.fonts;
  const [first = new Set<number>(), ...others] = fonts.map(fontCoverage);
  coverage = new Set([...first].filter((codePoint) => others.every((one) => one.has(codePoint))));
}
