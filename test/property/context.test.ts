import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { campaignOf } from '../../core/events/context/campaign.ts';
import { enrichedContext } from '../../core/events/context/enrich-context.ts';
import { localeOf } from '../../core/events/context/locale.ts';
import { referrerOf } from '../../core/events/context/referrer.ts';
import {
  networkOf,
  withNamedIpsTruncated,
  withTruncatedIps,
} from '../../core/events/context/truncate-ip.ts';
import { readUserAgent } from '../../lambdas/ingest/user-agent.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.string().map((text) => `?utm_source=${text}&utm_%zz=%E0%A4&utm_term`),
);
const octet = fc.integer({ min: 0, max: 255 });

describe('truncation', () => {
  it('leaves the network of an IPv4 address and nothing else of it', () => {
    fc.assert(
      fc.property(octet, octet, octet, octet, (a, b, c, d) => {
        expect(networkOf(`${a}.${b}.${c}.${d}`)).toBe(`${a}.${b}.${c}.0`);
        expect(withTruncatedIps(`at ${a}.${b}.${c}.${d}:80`)).toBe(`at ${a}.${b}.${c}.0:80`);
      }),
    );
  });

  it('leaves at most three groups of an IPv6 address, each of them the address’s own', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const cut = networkOf(address) ?? 'none';
        if (cut.includes('.')) expect(cut).toMatch(/\.0$/);
        else {
          expect(cut).toMatch(/^([0-9a-f]{1,4}:){0,3}:?:?$/i);
          expect(address.startsWith(cut.replace(/:+$/, ''))).toBe(true);
        }
      }),
    );
  });

  it('changes nothing when it is done twice, and keeps JSON what it is', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('ip', 'client_ip', 'x'), fc.jsonValue()),
        (value) => {
          const once = withNamedIpsTruncated(JSON.stringify(value));
          expect(withNamedIpsTruncated(once)).toBe(once);
          expect(Object.keys(JSON.parse(once))).toEqual(Object.keys(value));
        },
      ),
    );
  });
});

describe('what is inferred', () => {
  it('never throws, whatever a page, a header or a user agent says', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (a, b, c) => {
        campaignOf({ search: a, url: b });
        referrerOf({ referrer: a, url: b });
        localeOf(c);
        readUserAgent(c);
      }),
    );
  });

  it('changes nothing that is stated', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), anyText, (extra, referrer) => {
        const page = { referrer, search: referrer };
        const stated: Record<string, unknown> = { ...extra, page };
        delete stated.kindred;
        const visitor = { isPrefetch: true, context: { locale: 'de', ip: '203.0.113.0' } };
        const context = enrichedContext(stated, { visitor, readUserAgent });
        for (const [name, value] of Object.entries(stated)) {
          // Null states nothing, and `__proto__` is refused before.
          if (value !== null && name !== '__proto__') expect(context?.[name]).toEqual(value);
        }
      }),
    );
  });
});
