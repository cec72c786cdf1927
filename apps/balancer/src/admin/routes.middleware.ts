// Owns which paths and methods exist on the admin port, read from the OpenAPI document so that nothing undocumented is
// reachable and nothing documented is missing: exact paths (Express alone would serve /ADD and /add/ too), 405 with Allow
// for a wrong method, 204 with Allow for OPTIONS. Cross-origin preflights get no permission: nobody else's page may call.
import type { OpenAPIObject } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { RequestError } from './failure.js';
import { unknownPath } from './failure.filter.js';

const DOCS = /^\/docs(?:\/|$)/;

export function documentedRoutes(document: OpenAPIObject) {
  const routes = Object.entries(document.paths).map(([template, operations]) => ({
    pattern: toPattern(template),
    allowed: allowedMethods(Object.keys(operations)),
  }));

  return (request: Request, response: Response, next: NextFunction): void => {
    const { method, path } = request;
    if (DOCS.test(path)) return next();
    const route = routes.find(({ pattern }) => pattern.test(path));
    if (!route) return next(unknownPath(method, path));
    if (route.allowed.includes(method) && method !== 'OPTIONS') return next();

    const allow = route.allowed.join(', ');
    if (method === 'OPTIONS') {
      response.writeHead(204, { allow }).end();
      return;
    }
    next(new RequestError(405, `${method} is not allowed on ${path}; ${allow} are`, { allow }));
  };
}

function toPattern(template: string): RegExp {
  return new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`);
}

function allowedMethods(documented: readonly string[]): readonly string[] {
  const methods = documented.map((method) => method.toUpperCase());
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
}
