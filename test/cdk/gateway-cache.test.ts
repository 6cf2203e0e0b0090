import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Environment, environments, parseEnvironment } from '../../cdk/environments.ts';
import { appOf, resourcesOf } from './synthesized.ts';

type GatewayCache = Environment['serving']['gatewayCache'];

/** The service stack of dev with this cache. cdk-nag has passed when it returns. */
function templateWith(gatewayCache: GatewayCache) {
  const { gatewayCache: _, ...others } = environments.dev.serving;
  const serving = { ...others, ...(gatewayCache !== undefined && { gatewayCache }) };
  const folder = mkdtempSync(join(tmpdir(), 'kindred-synth-'));
  try {
    const app = appOf({ dev: { ...environments.dev, serving } }, folder).synth();
    return app.stacks.find(({ stackName }) => stackName === 'Kindred-dev')?.template;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('API Gateway’s cache', () => {
  it('is not there where nothing is said', () => {
    expect(JSON.stringify(templateWith(undefined))).not.toMatch(/CacheCluster|CacheKeyParameters/);
  });

  it('keeps the JSON and the HTML alone, encrypted, by customer, and leaves the stage’s limits', () => {
    const template = templateWith({ sizeGb: 0.5, seconds: 60 });
    const stages = resourcesOf(template, 'AWS::ApiGateway::Stage').map(
      ([, { Properties }]) => Properties,
    );
    const stage = stages.find(({ StageName }) => StageName === 'v1');
    expect(stages.filter(({ CacheClusterEnabled }) => CacheClusterEnabled === true)).toEqual([
      stage,
    ]);
    expect(stage).toMatchObject({ CacheClusterSize: '0.5' });
    const [all, ...kept] = stage?.MethodSettings ?? [];
    expect(all).not.toHaveProperty('CachingEnabled');
    const { HttpMethod: _method, ResourcePath: _path, ...limits } = all;
    expect(kept).toEqual(
      ['/~1recommendations~1{placement}', '/~1blocks~1{placement}'].map((ResourcePath) => ({
        ...limits,
        HttpMethod: 'GET',
        ResourcePath,
        CachingEnabled: true,
        CacheDataEncrypted: true,
        CacheTtlInSeconds: 60,
      })),
    );
    const keyed = resourcesOf(template, 'AWS::ApiGateway::Method')
      .map(([, { Properties }]) => Properties)
      .filter(({ Integration }) => Integration.CacheKeyParameters !== undefined);
    expect(keyed).toHaveLength(2);
    for (const { Integration, RequestParameters } of keyed) {
      expect(Integration.CacheKeyParameters).toContain('method.request.querystring.customer');
      expect(Object.keys(RequestParameters).sort()).toEqual(
        [...Integration.CacheKeyParameters].sort(),
      );
    }
  });

  it('is refused in a size that nobody sells, and for longer than five minutes', () => {
    const parse = (gatewayCache: object) =>
      parseEnvironment('dev', {
        ...environments.dev,
        serving: { ...environments.dev.serving, gatewayCache },
      });
    expect(() => parse({ sizeGb: 3, seconds: 60 })).toThrow('serving.gatewayCache.sizeGb');
    expect(() => parse({ sizeGb: 0.5, seconds: 301 })).toThrow('serving.gatewayCache.seconds');
  });
});
