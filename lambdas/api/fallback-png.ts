/** One transparent pixel as PNG, in base64: shown where no item can be drawn, whatever has broken. */
export const fallbackPng =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII=';
