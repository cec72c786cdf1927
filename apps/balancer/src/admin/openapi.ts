// Owns the OpenAPI document of the admin port and its Swagger UI at /docs (the document at /docs/json). All assets are
// local. What a route takes and answers stands beside the route.
import { type INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { Settings } from '../config/config.module.js';

const DESCRIPTION =
  'Adds, removes and shows the replicas behind the balancer. `/rep`, `/add` and `/rm` also answer on the data port while ' +
  'SEED_ROUTES is on. Every failed answer is `{"message", "status": "failure"}`.';

/** Routes that ask for no token, whatever the settings say. */
const OPEN = ['/healthz', '/readyz', '/api/session', '/dashboard', '/dashboard/{file}'];

export function createDocument(app: INestApplication, settings: Settings): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('HashFlow admin API')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addTag('pool', 'Which replicas there should be.')
    .addTag('view', 'How they are.')
    .addTag('life', 'What operators do to one of them.')
    .addTag('deploy', 'What they run, and replacing it.')
    .addTag('ring', 'Where keys go, and what a change would move.')
    .addTag('session', 'For browsers, in place of the token.')
    .addTag('health', 'For probes; open to whoever reaches the port.');
  if (settings.adminToken !== undefined) {
    builder
      .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The value of ADMIN_TOKEN.' })
      .addSecurityRequirements('bearer');
  }
  const document = SwaggerModule.createDocument(app, builder.build());
  for (const path of OPEN)
    for (const operation of Object.values(document.paths[path] ?? {})) (operation as { security?: [] }).security = [];
  return document;
}

export function serveDocs(app: INestApplication, document: OpenAPIObject): void {
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs/json',
    raw: ['json'],
    customSiteTitle: 'HashFlow admin API',
    swaggerOptions: { tryItOutEnabled: true, validatorUrl: null },
  });
}
