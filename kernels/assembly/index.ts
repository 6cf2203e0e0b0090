export { clearSums, cooccurrence } from './cooccurrence';
export { countEach, firstBadValue, firstOutside, rename, scaleRows, transpose } from './sparse';
