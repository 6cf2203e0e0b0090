export const exampleProduct = {
  product_id: 'mug-blue',
  sku: 'MUG-01',
  category: 'Kitchen',
  name: 'Blue mug',
  brand: 'Potters',
  variant: 'blue',
  price: 12.5,
  quantity: 2,
  coupon: 'SPRING',
  position: 1,
  url: 'https://shop.example/mug-blue',
  image_url: 'https://shop.example/mug-blue.jpg',
};

export const exampleProducts = [exampleProduct, { product_id: 'vase-3', price: 40 }];
