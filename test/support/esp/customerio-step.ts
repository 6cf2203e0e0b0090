import { Liquid } from 'liquidjs';

/**
 * Customer.io's step "Send and receive data" and the mail after it: the address is Liquid with the customer, a value of
 * the answer becomes a journey attribute by Liquid over `response`, and a step that fails sets none.
 * https://docs.customer.io/journeys/webhooks-action
 */
export interface CustomerioStep {
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Attribute's name and value, as the response tab takes them. */
  readonly attribute: { readonly name: string; readonly value: string };
  /** How long Customer.io waits is not documented. */
  readonly waitMsMax: number;
}

export async function customerioMail(
  template: string,
  customer: Readonly<Record<string, string>>,
  step: CustomerioStep,
): Promise<string> {
  const liquid = new Liquid();
  const url = await liquid.parseAndRender(step.address, { customer });
  const journey = await attributesOf(url, step, liquid);
  return liquid.parseAndRender(template, { customer, journey });
}

async function attributesOf(
  url: string,
  { headers, attribute, waitMsMax }: CustomerioStep,
  liquid: Liquid,
): Promise<object> {
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(waitMsMax) });
    const response: unknown = await answer.json();
    if (!answer.ok) return {};
    const value = await liquid.parseAndRender(attribute.value, { response });
    return { [attribute.name]: JSON.parse(value) };
  } catch {
    return {};
  }
}
