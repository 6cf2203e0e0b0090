export { clearSums, cooccurrence } from './cooccurrence';
export { fillUniform, gramSlice, packPanels, sumGram } from './dense';
export { implicitHalfStep } from './implicit-factors';
export { countEach, firstBadValue, firstOutside, rename, scaleRows, transpose } from './sparse';
