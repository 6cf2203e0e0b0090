import { describe, expect, it } from 'vitest';
import { environmentNames, environments, parseEnvironment } from '../../cdk/environments.ts';

const { dev } = environments;

describe('an environment', () => {
  it.each(environmentNames)('%s is valid as it stands', (name) => {
    expect(parseEnvironment(name, environments[name])).toEqual(environments[name]);
  });

  it('keeps its data in production and only there', () => {
    expect(environments.prod.retainsState).toBe(true);
    expect(environments.dev.retainsState).toBe(false);
  });

  it.each([
    ['an unknown key', { ...dev, logRetention: 14 }, 'logRetention: unknown'],
    [
      'an unknown key deep down',
      { ...dev, train: { ...dev.train, schedul: '' } },
      'train.schedul: unknown',
    ],
    [
      'a Firehose interval over the service’s limit',
      { ...dev, lakeIntervalSeconds: 901 },
      'lakeIntervalSeconds:',
    ],
    ['a retention that CloudWatch lacks', { ...dev, logRetentionDays: 15 }, 'logRetentionDays:'],
    [
      'a function without memory',
      { ...dev, memoryMb: { ...dev.memoryMb, serve: 64 } },
      'memoryMb.serve:',
    ],
    [
      'a schedule of five fields',
      { ...dev, train: { ...dev.train, schedule: 'cron(0 2 * * *)' } },
      'train.schedule: must be cron(minutes hours day month weekday year)',
    ],
    ['no monitoring said', { ...dev, monitoring: undefined }, 'monitoring:'],
    ['monitoring left empty', { ...dev, monitoring: {} }, 'monitoring.thresholds:'],
    [
      'a threshold missing',
      { ...dev, monitoring: { thresholds: { iteratorAgeMinutes: 1 } } },
      'monitoring.thresholds.modelAgeHours:',
    ],
    [
      'thresholds beside the opting out',
      { ...dev, monitoring: { ...dev.monitoring, noMonitoring: true } },
      'monitoring.thresholds: unknown',
    ],
  ])('is refused for %s, by the name of the field', (_, value, message) => {
    expect(() => parseEnvironment('dev', value)).toThrow(message);
    expect(() => parseEnvironment('dev', value)).toThrow(
      'environment "dev" in cdk/environments.ts',
    );
  });

  it('may opt out of alarms, explicitly', () => {
    const quiet = { ...dev, monitoring: { noMonitoring: true } };
    expect(parseEnvironment('dev', quiet).monitoring).toEqual({ noMonitoring: true });
  });

  it('keeps a record on the stream for longer than the enricher may take', () => {
    for (const name of environmentNames) {
      const { streamRetentionHours, enrich } = environments[name];
      expect(streamRetentionHours).toBeGreaterThan(enrich.recordAgeHoursMax);
    }
    const late = { ...dev, enrich: { ...dev.enrich, recordAgeHoursMax: 24 } };
    expect(() => parseEnvironment('dev', late)).toThrow('enrich.recordAgeHoursMax: must be under');
  });
});
