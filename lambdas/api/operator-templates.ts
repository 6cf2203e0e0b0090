import * as z from 'zod';
import { putNextTemplate, templateDocuments } from '../../adapters/dynamodb/block-templates.ts';
import { templateProblemsOf } from '../../adapters/liquid/template-problems.ts';
import {
  blockTemplate,
  TEMPLATE_SCHEMA_VERSION,
  templateId,
} from '../../core/blocks/block-template.ts';
import { productGrid } from '../../core/blocks/templates/product-grid.ts';
import { Problem } from '../ingest/answers.ts';
import { operatorInput } from './operator-input.ts';
import type { OperatorRoute } from './operator-route.ts';
import type { OperatorServices } from './operator-services.ts';

const templatePath = z.strictObject({ templateId });

/** `GET /v1/templates`: which templates there are. */
export const listTemplatesRoute: OperatorRoute = {
  method: 'GET',
  resource: '/templates',
  async handle(_request, services) {
    const stored = await documentsOf(services).list();
    const { templateId: bundledId, version: bundledVersion } = productGrid;
    const bundled = {
      templateId: bundledId,
      version: bundledVersion,
      isBundled: true,
      isUsable: true,
    };
    const own = stored.map(({ id, document }) => {
      const { success: isUsable, data } = blockTemplate.safeParse(document);
      return { templateId: id, version: data?.version ?? null, isBundled: false, isUsable };
    });
    const templates = [bundled, ...own];
    return { status: 200, body: { templates } };
  },
};

/** `GET /v1/templates/{templateId}`: a template's document; of the bundled one too, to begin with. */
export const showTemplateRoute: OperatorRoute = {
  method: 'GET',
  resource: '/templates/{templateId}',
  async handle(request, services) {
    const { templateId: id } = operatorInput(templatePath, request.path);
    if (id === productGrid.templateId) return { status: 200, body: productGrid };
    const stored = await documentsOf(services).get(id);
    if (stored === undefined) {
      throw new Problem(
        404,
        'There is no such template; see GET /v1/templates for those there are.',
      );
    }
    const { data: template } = blockTemplate.safeParse(stored);
    if (template === undefined) {
      throw new Problem(409, 'What is stored is no template, and is not used. Write it again.');
    }
    return { status: 200, body: template };
  },
};

const templateBody = z.strictObject({
  ...blockTemplate.pick({ version: true, liquid: true }).shape,
  schemaVersion: z.literal(TEMPLATE_SCHEMA_VERSION).default(TEMPLATE_SCHEMA_VERSION),
  templateId: templateId.optional(),
});

/** `PUT /v1/templates/{templateId}`: keeps a template that is safe in an email with whatever the catalogue holds. */
export const putTemplateRoute: OperatorRoute = {
  method: 'PUT',
  resource: '/templates/{templateId}',
  async handle(request, services) {
    const { templateId: id } = operatorInput(templatePath, request.path);
    const body = operatorInput(templateBody, request.body);
    if (body.templateId !== undefined && body.templateId !== id) {
      throw new Problem(400, 'The body’s templateId is another than the path’s.');
    }
    if (id === productGrid.templateId) {
      throw new Problem(409, 'The bundled template is not replaced; choose another id.');
    }
    const problems = templateProblemsOf(body.liquid);
    if (problems.length > 0) {
      const issues = problems.map((message) => ({ path: 'liquid', message }));
      throw new Problem(400, 'The template can’t be kept; see issues.', issues);
    }
    const template = { ...body, templateId: id };
    const { dynamoDb, setting } = services;
    if (!(await putNextTemplate(dynamoDb, setting('CONFIG_TABLE'), template))) {
      const reason = `Version ${body.version} is not the one after what is stored. Look again.`;
      throw new Problem(409, reason);
    }
    return { status: 200, body: template };
  },
};

function documentsOf({ dynamoDb, setting }: OperatorServices) {
  return templateDocuments(dynamoDb, setting('CONFIG_TABLE'));
}
