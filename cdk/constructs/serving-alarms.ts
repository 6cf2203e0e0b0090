import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmEntry, onAny, onTwoOfThree, written } from './alarm-terms.ts';

/** In five minutes: one or two are a connection's that was just being made. */
const LOST_MAX = 5;

/** Of the functions that answer ESPs and readers, which count as one: JSON, HTML, images, links and clicks. */
export const servingAlarms: readonly AlarmEntry[] = [
  {
    id: 'fallback-ratio',
    title: 'Share of recommendations from a fallback',
    meaning: 'More of the recommendations than usual come from a fallback rung.',
    metric: () => written('serve', 'FallbackServed', Stats.AVERAGE),
    threshold: ({ fallbackShare }) => fallbackShare,
    ...onTwoOfThree,
  },
  {
    id: 'model-age',
    title: 'Age of the model that serves',
    meaning: 'No newer model has been published for longer than two training periods.',
    metric: () => written('serve', 'ModelAgeHours', Stats.MAXIMUM),
    threshold: ({ modelAgeHours }) => modelAgeHours,
    ...onTwoOfThree,
  },
  {
    id: 'model-unreadable',
    title: 'The current model cannot be read',
    meaning:
      'A function that serves could not read the model that the pointer names, and goes on with the last good one or a fallback.',
    metric: () => written('serve', 'ModelUnreadable', Stats.SUM),
    ...onAny,
  },
  {
    id: 'documents-unreadable',
    title: 'Placements or experiments cannot be read',
    meaning:
      'A function that serves could not read an edited placement or an experiment, and goes on with the last good one or the bundled one.',
    metric: () => written('serve', 'DocumentReadFailed', Stats.SUM),
    ...onTwoOfThree,
    threshold: () => 0,
  },
  {
    id: 'template-failed',
    title: 'A template fails',
    meaning: 'Blocks are answered by the bundled template, because their own is missing or fails.',
    metric: () => written('serve', 'TemplateFailed', Stats.SUM),
    ...onTwoOfThree,
    threshold: () => 0,
  },
  {
    id: 'clicks-lost',
    title: 'Clicks are lost',
    meaning: 'Readers were led on from a link without their click being recorded.',
    metric: () => written('serve', 'ClicksLost', Stats.SUM),
    ...onTwoOfThree,
    threshold: () => LOST_MAX,
  },
  {
    id: 'served-lost',
    title: 'What was served is not remembered',
    meaning:
      'Answers were given without being remembered: items may be repeated, and experiments miss fetches.',
    metric: () => written('serve', 'ServedLost', Stats.SUM),
    ...onTwoOfThree,
    threshold: () => LOST_MAX,
  },
];
