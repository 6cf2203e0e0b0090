import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { environments, parseEnvironment } from '../../cdk/environments.ts';
import { areas } from '../../core/privacy/areas.ts';
import { datasets, lifecycleOf } from '../../core/privacy/datasets.ts';
import { datasetsMarkdown } from '../../core/privacy/datasets-markdown.ts';
import { resourcesOf, synthesizeAll, type Template } from './synthesized.ts';

const templates = synthesizeAll();
const service = templateOf('Kindred-dev');
const state = templateOf('KindredState-dev');
const environment = parseEnvironment('dev', environments.dev);
const settings = {
  lakeRetentionDays: environment.lakeRetentionDays,
  snapshotRetentionDays: environment.train.snapshotRetentionDays,
  profileRetentionDays: environment.privacy.profileRetentionDays,
};

const bucket = z.object({
  LifecycleConfiguration: z.object({
    Rules: z.array(
      z.object({ ExpirationInDays: z.number().optional(), Prefix: z.string().optional() }),
    ),
  }),
});
const table = z.object({
  TimeToLiveSpecification: z.object({ AttributeName: z.string() }).optional(),
});

/** `BucketsLake5F…` → `lake`: what the construct is called, between its parent's name and CDK's hash. */
const shortName = (logicalId: string, parent: string) =>
  logicalId.slice(parent.length, -8).toLowerCase();
const objectsOf = (name: string) =>
  datasets.flatMap(({ place }) =>
    place.kind === 'objects' && place.bucket === name ? [place.prefix] : [],
  );

describe('the list of datasets', () => {
  it('has every bucket, and each with the lifecycle that is deployed', () => {
    const buckets = resourcesOf(state, 'AWS::S3::Bucket');
    const names = buckets.map(([id]) => shortName(id, 'Buckets'));
    const listed = datasets.flatMap(({ place }) =>
      place.kind === 'objects' ? [place.bucket] : [],
    );
    expect(new Set(names)).toEqual(new Set(listed));
    for (const [id, { Properties }] of buckets) {
      const name = z.enum(listed).parse(shortName(id, 'Buckets'));
      const rules = bucket.parse(Properties).LifecycleConfiguration.Rules;
      const deployed = rules.flatMap(({ ExpirationInDays: days, Prefix: prefix = '' }) =>
        days === undefined ? [] : [{ prefix, days }],
      );
      expect(deployed, name).toEqual(lifecycleOf(name, settings));
    }
  });

  it('has every table, with the attribute by which its items expire', () => {
    const tables = resourcesOf(state, 'AWS::DynamoDB::Table').map(([id, { Properties }]) => [
      shortName(id, 'Tables'),
      table.parse(Properties).TimeToLiveSpecification?.AttributeName,
    ]);
    const listed = datasets.flatMap(({ place }) =>
      place.kind === 'table' ? [[place.table.toLowerCase(), place.expiry]] : [],
    );
    expect(tables.sort()).toEqual(listed.sort());
  });

  it('has every prefix that any function may touch', () => {
    const resources = [service, state].flatMap((template) =>
      resourcesOf(template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
        [...JSON.stringify(Properties).matchAll(/"\/([^"*]+\/)\*"/g)].map(([, prefix]) => prefix),
      ),
    );
    const prefixes = datasets.flatMap(({ place }) =>
      place.kind === 'objects' && place.prefix !== '' ? [place.prefix] : [],
    );
    const unlisted = [...new Set(resources)].filter(
      (used) =>
        prefixes.every((prefix) => used?.startsWith(prefix) !== true) &&
        used !== 'models/' &&
        // The exports of a table, which are no objects.
        used !== 'export/',
    );
    expect(resources.length).toBeGreaterThan(20);
    expect(unlisted).toEqual([]);
  });

  it('says of every area that is searched that it is erased, and of no other', () => {
    const erased = datasets.flatMap(({ place, erasure }) =>
      place.kind === 'objects' && erasure === 'erased' ? [`${place.bucket} ${place.prefix}`] : [],
    );
    const searched = areas.map(({ bucket, prefix }) => `${bucket} ${prefix}`);
    // By the last step, with every export of the same person.
    searched.push('privacy exports/');
    const covered = erased.filter((each) => searched.some((area) => area.startsWith(each)));
    expect(covered).toEqual(erased);
    for (const { bucket: name, prefix } of areas) {
      expect(objectsOf(name).some((listed) => prefix.startsWith(listed))).toBe(true);
    }
  });

  it('is the table in the documentation', async () => {
    const text = await readFile('docs/reference/retention.md', 'utf8');
    const found = /<!-- datasets -->\n([\s\S]*?)\n<!-- \/datasets -->/u.exec(text)?.[1];
    expect(withoutPadding(found)).toBe(withoutPadding(datasetsMarkdown()));
  });
});

function templateOf(name: string): Template {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`there is no stack ${name}`);
  return template;
}

function withoutPadding(text = ''): string {
  return text.replaceAll(/ {2,}/gu, ' ').replaceAll(/-{2,}/gu, '--').trim();
}
