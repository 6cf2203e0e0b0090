import { type BucketName, datasets, type RetentionSetting } from './datasets.ts';

/** The lifecycle of a bucket: days by prefix, of what does not stay. */
export function lifecycleOf(
  bucket: BucketName,
  settings: Readonly<Record<RetentionSetting, number>>,
): { readonly prefix: string; readonly days: number }[] {
  return datasets.flatMap(({ place, retention }) => {
    if (place.kind !== 'objects' || place.bucket !== bucket || retention === 'kept') return [];
    const days = typeof retention === 'number' ? retention : settings[retention];
    return [{ prefix: place.prefix, days }];
  });
}
