import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { StoredItem } from './batch-read.ts';

/**
 * Whether this is an item as DynamoDB's JSON has it. Not with binary values: JSON has them as base64 text, which a
 * reader would take for the bytes; nothing that is read without the SDK has any.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
 */
export function isStoredItem(value: unknown): value is StoredItem {
  return isObject(value) && Object.values(value).every(isAttributeValue);
}

function isAttributeValue(value: unknown): value is AttributeValue {
  if (!isObject(value)) return false;
  const [entry, ...more] = Object.entries(value);
  if (entry === undefined || more.length > 0) return false;
  const [type, content] = entry;
  return holds[type]?.(content) === true;
}

const isText = (content: unknown): boolean => typeof content === 'string';
const isTexts = (content: unknown): boolean => Array.isArray(content) && content.every(isText);

const holds: Readonly<Record<string, (content: unknown) => boolean>> = {
  S: isText,
  N: isText,
  BOOL: (content) => typeof content === 'boolean',
  NULL: (content) => content === true,
  L: (content) => Array.isArray(content) && content.every(isAttributeValue),
  M: isStoredItem,
  SS: isTexts,
  NS: isTexts,
};

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
