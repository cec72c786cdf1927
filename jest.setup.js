// Nest is ESM; CommonJS packages that require() it fail in a cycle under jest unless it was imported first.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
