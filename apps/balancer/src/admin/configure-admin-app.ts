// Owns what the admin port is besides its controllers: the gate, the routes, the docs, the limits of its server. main and
// the tests call it on an application made with `bodyParser: false`; AdminModule brings the rest.
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Settings } from '../config/config.module.js';
import { Logger } from '../telemetry/logger.js';
import { accessGate } from './access.middleware.js';
import { compileAccessPolicy } from './access-policy.js';
import { Audit } from './audit.js';
import { auditChanges } from './audit.middleware.js';
import { GuessLimit } from './guess-limit.js';
import { answerMalformedRequests } from './malformed-requests.js';
import { createDocument, serveDocs } from './openapi.js';
import { documentedRoutes } from './routes.middleware.js';
import { securityHeaders } from './security-headers.middleware.js';
import { Sessions } from './sessions.js';

/** Longest time that a client may take to send a whole request. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Call before `listen`. The order of the middleware is the order of the checks: nothing is routed or read before the gate. */
export function configureAdminApp(app: NestExpressApplication, settings: Settings): NestExpressApplication {
  app.disable('x-powered-by');
  app.disable('etag');
  const document = createDocument(app, settings);
  app.use(securityHeaders);
  const policy = compileAccessPolicy(settings, settings.adminHost);
  const sessions = app.get(Sessions);
  app.use(auditChanges(policy, sessions, app.get(Audit)));
  app.use(accessGate(policy, sessions, app.get(GuessLimit), app.get<Logger>(Logger)));
  app.use(documentedRoutes(document));
  serveDocs(app, document);

  const server = app.getHttpServer();
  server.headersTimeout = Math.min(settings.headTimeout, REQUEST_TIMEOUT_MS);
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.on('clientError', answerMalformedRequests);
  return app;
}
