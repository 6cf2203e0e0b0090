import type { EventDocumentation } from '../event-documentation.ts';

export const statementDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Preferences Updated': {
    description: 'A customer said in the preference centre what they like and what they agree to.',
    mapsTo: 'the profile’s preferences and consent per channel and purpose',
    examples: [
      {
        preferences: { size: 'm', interests: ['kitchen', 'garden'], mails_a_week: 1 },
        consent: { personalization: true, email: { marketing: true }, sms: { marketing: false } },
      },
    ],
  },
  'Survey Answered': {
    description: 'A customer answered a survey.',
    mapsTo: 'the profile’s preferences, by survey and question',
    examples: [
      {
        survey_id: 'spring',
        answers: [
          { question_id: 'how-did-you-find-us', answer: 'a friend' },
          { question_id: 'gifts', answer: true },
        ],
      },
    ],
  },
};

export const pageDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Page Left': {
    description: 'A customer left a page after so many seconds.',
    mapsTo: 'the profile’s time on page',
    examples: [{ duration: 42, path: '/mug-blue', url: 'https://shop.example/mug-blue' }],
  },
};

export const ownDocumentation: Readonly<Record<string, EventDocumentation>> = {
  'Cart Abandoned': {
    description:
      'Nobody touched a cart for the window, and no order came. Kindred sends it itself.',
    mapsTo: 'the profile’s cart; a shop’s own event of this name is only kept in the lake',
    examples: [
      { cart_changed_at: '2026-11-23T09:15:00.000Z', products: [{ product_id: 'mug-blue' }] },
    ],
  },
  'Recommendations Served': {
    description:
      'A placement that repeats nothing gave a mail these items. Kindred sends it itself; served is not delivered.',
    mapsTo: 'what the profile was shown; a shop’s own event of this name is only kept in the lake',
    examples: [{ placement: 'for-you', products: [{ product_id: 'mug-blue' }] }],
  },
};
