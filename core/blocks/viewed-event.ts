import { hash } from 'node:crypto';
import { type CollectedEvent, EVENT_SCHEMA_VERSION } from '../events/event.ts';
import { machineMarksOf } from '../webhooks/machine-marks.ts';
import { aheadOfReader, CLICK_SOURCE, type ClickRequest } from './click-event.ts';
import { type Click, identityOfClick } from './click-token.ts';

/** An image of a slot, with the variant that chose what it shows. */
export type View = Pick<Click, 'placement' | 'identityRef' | 'experiment' | 'variant' | 'campaign'>;

/**
 * That a customer has seen what a variant of an experiment chose, as an event on the stream (`Experiment Viewed` of
 * Segment's A/B testing spec). What is chosen when a mail is opened was never in the mail that was delivered, so that the view
 * is the exposure. Once a mailing: mail programs ask for an image again and again, under one message id. Nothing outside
 * of an experiment, of nobody, and of machines, whose openings never count.
 */
export function viewedEventOf(
  view: View,
  request: ClickRequest,
  nowMs: number,
): CollectedEvent | undefined {
  const identity = identityOfClick(view);
  if (view.experiment === '' || identity === undefined || isMachine(request)) return undefined;
  const at = new Date(nowMs).toISOString();
  const properties = {
    placement_id: view.placement,
    experiment_id: view.experiment,
    variation_id: view.variant,
    campaign_id: view.campaign,
  };
  const said = JSON.stringify([view.identityRef, properties]);
  return {
    schemaVersion: EVENT_SCHEMA_VERSION,
    messageId: `viewed-${hash('sha256', said, 'base64url')}`,
    type: 'track',
    event: 'Experiment Viewed',
    identities: [identity],
    source: CLICK_SOURCE,
    timestamp: at,
    receivedAt: at,
    properties,
  };
}

/** A proxy that fetches for a reader is one by its name, whatever lists of bots say. */
function isMachine(request: ClickRequest): boolean {
  const userAgent = request.header('user-agent') ?? '';
  if (aheadOfReader(request) !== undefined || userAgent.trim() === '') return true;
  const marks = machineMarksOf('Email Opened', { userAgent });
  if (marks.machine_open === true) return true;
  return request.isBot && marks.open_proxy === undefined;
}
