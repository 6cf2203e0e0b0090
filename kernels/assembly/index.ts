export { clearSums, closeGaps, cooccurrence } from './cooccurrence';
export { fillUniform, gramSlice, packPanels, sumGram } from './dense';
export { denseTopK } from './dense-top-k';
export { bestTouched, foldIn } from './fold-in';
export { implicitHalfStep } from './implicit-factors';
export { denseProduct, sparseProduct } from './products';
export { invertCholesky, symmetricEigen } from './small-dense';
export { countEach, firstBadValue, firstOutside, rename, scaleRows, transpose } from './sparse';
