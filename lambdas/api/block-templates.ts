import { compileTemplate } from '../../adapters/liquid/template-engine.ts';
import { blockTemplate } from '../../core/blocks/block-template.ts';
import type { Recommendation } from '../../core/blocks/recommendation.ts';
import {
  type BlockOptions,
  type RenderTemplate,
  renderHtml,
} from '../../core/blocks/render-html.ts';
import { productGrid } from '../../core/blocks/templates/product-grid.ts';
import { StoreLook } from './store-look.ts';
import { within } from './time-budget.ts';

/** Lists the stored templates; a document that is none of ours is for us to pass over. */
export type ListTemplates = () => Promise<
  readonly { readonly id: string; readonly document: unknown }[]
>;

/** Why the bundled template answers for another one, or an older version for a newer. */
export type TemplateFailure = 'unreadable' | 'unusable' | 'missing' | 'failed';

/** A changed template is in use everywhere this much later. */
const CHECK_EVERY_MS = 30_000;
/** After a failure sooner, but not with every request. */
const CHECK_AFTER_FAILURE_MS = 5_000;
/** How long a process that has just started waits for its templates; a query takes a few milliseconds. */
const FIRST_READING_MS_MAX = 300;
/** Ends a reading that hangs, so that the next can begin. */
const READING_MS_MAX = 2_000;
/** A template that fails or loops for ever costs its time limit once a minute, not with every request. */
const FAILED_FOR_MS = 60_000;

interface Compiled {
  readonly liquid: string;
  readonly render: RenderTemplate;
  failedUntilMs: number;
}

const bundled = compileTemplate(productGrid.liquid);

/**
 * The templates, compiled once for each change and looked after between requests. The last good version of
 * each is kept until another can be used; where a template is missing or fails, the bundled one answers.
 */
export class BlockTemplates {
  readonly #list: ListTemplates;
  readonly #onFailure: (templateId: string, failure: TemplateFailure) => void;
  #compiled = new Map<string, Compiled>();
  readonly #looks = new StoreLook(() => this.#read());
  #isFirst = true;

  constructor(
    list: ListTemplates,
    onFailure: (templateId: string, failure: TemplateFailure) => void,
  ) {
    this.#list = list;
    this.#onFailure = onFailure;
  }

  /** Reads the templates again unless somebody just did; nobody has to wait for it. */
  refresh(): void {
    this.#looks.refresh();
  }

  /** Waits for the first reading of this process, and no longer than a request can. */
  async ready(): Promise<void> {
    this.refresh();
    const reading = this.#looks.running;
    if (this.#isFirst && reading !== undefined) await within(FIRST_READING_MS_MAX, () => reading);
  }

  /** HTML by the template of this id, else by the bundled one. */
  render(recommendation: Recommendation, options: BlockOptions, templateId?: string): string {
    const own = templateId === undefined ? undefined : this.#usable(templateId);
    if (templateId !== undefined && own !== undefined) {
      try {
        return renderHtml(recommendation, options, own.render);
      } catch {
        own.failedUntilMs = Date.now() + FAILED_FOR_MS;
        this.#onFailure(templateId, 'failed');
      }
    }
    return renderHtml(recommendation, options, bundled);
  }

  #usable(templateId: string): Compiled | undefined {
    if (templateId === productGrid.templateId) return undefined;
    const compiled = this.#compiled.get(templateId);
    if (compiled === undefined) this.#onFailure(templateId, 'missing');
    return compiled !== undefined && Date.now() >= compiled.failedUntilMs ? compiled : undefined;
  }

  async #read(): Promise<number> {
    const listed = await within(READING_MS_MAX, () => this.#list());
    this.#isFirst = false;
    if (!listed.ok) {
      this.#onFailure('', 'unreadable');
      return CHECK_AFTER_FAILURE_MS;
    }
    const compiled = new Map<string, Compiled>();
    for (const { id, document } of listed.value) {
      const usable = this.#compile(id, document);
      if (usable !== undefined) compiled.set(id, usable);
    }
    this.#compiled = compiled;
    return CHECK_EVERY_MS;
  }

  /** The stored version, or the last good one where it can't be used. */
  #compile(id: string, document: unknown): Compiled | undefined {
    const last = this.#compiled.get(id);
    try {
      const { liquid } = blockTemplate.parse(document);
      if (liquid === last?.liquid) return last;
      return { liquid, render: compileTemplate(liquid), failedUntilMs: 0 };
    } catch {
      this.#onFailure(id, 'unusable');
      return last;
    }
  }
}
