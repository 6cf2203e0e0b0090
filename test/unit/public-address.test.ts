import { describe, expect, it } from 'vitest';
import { SourceRefusedError } from '../../adapters/sources/connector.ts';
import {
  checkedUrl,
  guardedLookup,
  isPublicAddress,
} from '../../adapters/sources/public-address.ts';

const STRICT = { allowPrivateAddresses: false };
const PRIVATE = { allowPrivateAddresses: true };

function lookUp(addresses: { address: string; family: number }[], rules = STRICT) {
  const lookup = guardedLookup(rules, (_name, _options, done) => done(null, addresses));
  return new Promise((resolve, reject) => {
    lookup('shop.example', { all: true }, (error, found) =>
      error ? reject(error) : resolve(found),
    );
  });
}

describe('the guard of what sources may connect to', () => {
  it.each(['8.8.8.8', '2606:4700::1111'])('lets the public address %s through', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '127.0.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '192.0.2.1',
    '198.18.0.1',
    '240.0.0.1',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:8.8.8.8',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b:1::a00:1',
    '2002:a00:1::',
    '2001::1',
    '::10.0.0.1',
    'fec0::1',
    'no address',
  ])('refuses %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    'https://127.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fd00:ec2::254]/',
    'http://shop.example/',
    'https://user:word@shop.example/',
    'file:///etc/passwd',
    '/orders',
  ])('refuses the URL %s', (url) => {
    expect(() => checkedUrl(url, STRICT)).toThrow(SourceRefusedError);
  });

  it('lets plain http to a private address through where the source may, yet no credentials', () => {
    expect(checkedUrl('http://127.0.0.1:80/a', PRIVATE).hostname).toBe('127.0.0.1');
    expect(() => checkedUrl('http://a:b@127.0.0.1/', PRIVATE)).toThrow(SourceRefusedError);
  });

  it('refuses a name with one private address among public ones', async () => {
    const mixed = [
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    await expect(lookUp(mixed)).rejects.toThrow(SourceRefusedError);
    expect(await lookUp(mixed, PRIVATE)).toEqual(mixed);
  });

  it('hands on exactly the addresses that it checked', async () => {
    const addresses = [{ address: '8.8.8.8', family: 4 }];
    expect(await lookUp(addresses)).toEqual(addresses);
  });
});
