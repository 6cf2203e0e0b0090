/**
 * NumPy's `.npy`, as much of it as an array of vectors needs: two dimensions, float32 or float64, little-endian, rows
 * one behind the other. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { ImportedModelError } from './imported-model.ts';

export interface NpyMatrix {
  readonly rowCount: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** "\x93NUMPY" */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const VERSION_AT = 6;
const LENGTH_AT = 8;

/** @throws ImportedModelError */
export function decodeNpy(bytes: Uint8Array): NpyMatrix {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) {
    throw new ImportedModelError(
      'the file does not start as a .npy does; write it with numpy.save(file, array).',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isShort = bytes[VERSION_AT] === 1;
  const headerAt = LENGTH_AT + (isShort ? 2 : 4);
  if (bytes.byteLength < headerAt) throw cutOff();
  const length = isShort ? view.getUint16(LENGTH_AT, true) : view.getUint32(LENGTH_AT, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(headerAt, headerAt + length));
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  if (type !== '<f4' && type !== '<f8') {
    throw new ImportedModelError(
      `dtype is ${type ?? 'not one type'}; float32 and float64 are read: array.astype('float32').`,
    );
  }
  if (/'fortran_order':\s*True/.test(header)) {
    throw new ImportedModelError(
      'fortran_order is True; save numpy.ascontiguousarray(array), rows one behind the other.',
    );
  }
  const shape = /'shape':\s*\((\d+),\s*(\d+),?\s*\)/.exec(header);
  const [rowCount, width] = [Number(shape?.[1]), Number(shape?.[2])];
  if (shape === null || rowCount === 0 || width === 0) {
    throw new ImportedModelError('shape must be (items, dimensions), each at least 1.');
  }
  const itemBytes = type === '<f4' ? 4 : 8;
  const dataAt = headerAt + length;
  if (bytes.byteLength - dataAt !== rowCount * width * itemBytes) throw cutOff();
  const values = new Float32Array(rowCount * width);
  for (let at = 0; at < values.length; at++) {
    const place = dataAt + at * itemBytes;
    values[at] = itemBytes === 4 ? view.getFloat32(place, true) : view.getFloat64(place, true);
  }
  return { rowCount, width, values };
}

function cutOff(): ImportedModelError {
  return new ImportedModelError('the file is cut off: its header says more bytes. Copy it again.');
}
