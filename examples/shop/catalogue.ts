import type { Random } from './random.ts';

/** A product of the synthetic shop, with what only its maker knows: how it sells. */
export interface ShopItem {
  readonly itemId: string;
  readonly title: string;
  /** Pounds. */
  readonly price: number;
  readonly currency: 'GBP';
  readonly url: string;
  readonly imageUrl: string;
  readonly category: string;
  readonly brand: string;
  /** How much it attracts everybody. */
  readonly appeal: number;
  /** When it came on sale; before that nobody sees it. */
  readonly launchedAtMs: number;
  /** Position in the catalogue of what is bought with it. */
  readonly complement: number;
}

const SHOP_URL = 'https://shop.example';

interface Category {
  readonly name: string;
  readonly nouns: readonly string[];
  readonly kinds: readonly [string, string];
  readonly brands: readonly [string, string, string, string];
  readonly priceFrom: number;
  readonly priceTo: number;
}

/** Each noun comes in two kinds: 18 products a category, 144 in all. */
const categories: readonly Category[] = [
  {
    name: 'Coffee and tea',
    nouns: [
      'Pour-over Dripper',
      'Teapot',
      'Espresso Cups',
      'Hand Grinder',
      'Milk Jug',
      'Tea Caddy',
      'Gooseneck Kettle',
      'Cafetière',
      'Tasting Spoons',
    ],
    kinds: ['Stoneware', 'Copper'],
    brands: ['Morrow', 'Finch & Fern', 'Kettle Lane', 'Ostra'],
    priceFrom: 9,
    priceTo: 68,
  },
  {
    name: 'Cookware',
    nouns: [
      'Casserole',
      'Frying Pan',
      'Saucepan',
      'Roasting Tin',
      'Griddle',
      'Loaf Tin',
      'Mixing Bowl',
      'Colander',
      'Steamer',
    ],
    kinds: ['Cast Iron', 'Enamel'],
    brands: ['Hearthside', 'Brunel', 'Ostra', 'Forge No. 9'],
    priceFrom: 14,
    priceTo: 145,
  },
  {
    name: 'Bedding',
    nouns: [
      'Duvet Cover',
      'Pillowcase Pair',
      'Fitted Sheet',
      'Quilt',
      'Bolster',
      'Blanket',
      'Bedspread',
      'Mattress Topper',
      'Eye Pillow',
    ],
    kinds: ['Linen', 'Washed Cotton'],
    brands: ['Lull', 'Morrow', 'Wren House', 'Tidewater'],
    priceFrom: 12,
    priceTo: 160,
  },
  {
    name: 'Lighting',
    nouns: [
      'Table Lamp',
      'Pendant',
      'Wall Light',
      'Floor Lamp',
      'Reading Light',
      'Lantern',
      'Fairy Lights',
      'Lampshade',
      'Night Light',
    ],
    kinds: ['Brass', 'Paper'],
    brands: ['Halden', 'Finch & Fern', 'Lumen Works', 'Wren House'],
    priceFrom: 11,
    priceTo: 190,
  },
  {
    name: 'Garden',
    nouns: [
      'Watering Can',
      'Trowel',
      'Planter',
      'Bird Feeder',
      'Secateurs',
      'Kneeling Mat',
      'Seed Tin',
      'Bench Cushion',
      'Plant Stand',
    ],
    kinds: ['Galvanised', 'Oak'],
    brands: ['Thistle', 'Hedgerow', 'Forge No. 9', 'Tidewater'],
    priceFrom: 7,
    priceTo: 85,
  },
  {
    name: 'Stationery',
    nouns: [
      'Notebook',
      'Fountain Pen',
      'Desk Tray',
      'Letter Set',
      'Pencil Roll',
      'Wall Calendar',
      'Washi Tape Box',
      'Card File',
      'Ink Bottle',
    ],
    kinds: ['Clothbound', 'Marbled'],
    brands: ['Quire', 'Paper Moon', 'Halden', 'Lumen Works'],
    priceFrom: 4,
    priceTo: 48,
  },
  {
    name: 'Toys',
    nouns: [
      'Building Blocks',
      'Train Set',
      'Shape Sorter',
      'Puppet Theatre',
      'Stacking Rings',
      'Puzzle',
      'Kite',
      'Skipping Rope',
      'Marble Run',
    ],
    kinds: ['Wooden', 'Painted'],
    brands: ['Bumble', 'Paper Moon', 'Larkspur', 'Thistle'],
    priceFrom: 6,
    priceTo: 74,
  },
  {
    name: 'Bath',
    nouns: [
      'Towel',
      'Bath Mat',
      'Soap Dish',
      'Bathrobe',
      'Shower Curtain',
      'Laundry Basket',
      'Back Brush',
      'Bath Tray',
      'Sponge Set',
    ],
    kinds: ['Waffle', 'Bamboo'],
    brands: ['Tidewater', 'Lull', 'Larkspur', 'Hedgerow'],
    priceFrom: 5,
    priceTo: 92,
  },
];

export const categoryNames: readonly string[] = categories.map(({ name }) => name);

const DAY_MS = 86_400_000;
/** One product in twelve is new: it came on sale within the last three weeks. */
const NEW_SHARE = 1 / 12;
const NEWEST_DAYS = 4;
const NEW_SINCE_DAYS = 20;

/** The whole catalogue. Appeal follows Zipf's law within a category, in an order that the seed decides. */
export function drawCatalogue(random: Random, nowMs: number): ShopItem[] {
  return categories.flatMap((category, categoryIndex) => {
    const names = category.kinds.flatMap((kind) => category.nouns.map((noun) => `${kind} ${noun}`));
    const ranks = shuffled(
      names.map((_, index) => index),
      random,
    );
    return names.map((name, index): ShopItem => {
      const itemId = `sku-${String(categoryIndex * names.length + index + 1).padStart(3, '0')}`;
      const brand = random.pick(category.brands);
      const pounds = random.integer(category.priceFrom, category.priceTo);
      const isNew = random.happens(NEW_SHARE);
      return {
        itemId,
        title: `${brand} ${name}`,
        price: pounds + random.pick([0, 0.5, 0.95]),
        currency: 'GBP',
        url: `${SHOP_URL}/products/${itemId}`,
        imageUrl: `${SHOP_URL}/images/${itemId}.svg`,
        category: category.name,
        brand,
        appeal: 1 / Math.sqrt((ranks[index] ?? 0) + 1),
        launchedAtMs: isNew
          ? nowMs - random.integer(NEWEST_DAYS, NEW_SINCE_DAYS) * DAY_MS
          : nowMs - 365 * DAY_MS,
        // What goes with it: the same noun's neighbour of the other kind, so that it is never itself.
        complement: categoryIndex * names.length + ((index + names.length / 2 + 1) % names.length),
      };
    });
  });
}

function shuffled(list: readonly number[], random: Random): number[] {
  const result = [...list];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = random.integer(0, last);
    const moved = result[last] ?? 0;
    result[last] = result[other] ?? 0;
    result[other] = moved;
  }
  return result;
}
