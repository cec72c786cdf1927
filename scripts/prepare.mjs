#!/usr/bin/env node
// Owns the way from a fresh clone to something that runs: dependencies installed, code built, both only when stale.
// This file is for any Node, to tell an old one apart; the work is in prepare/, and what is run afterwards is package.json's.
import { fitsSetUp, setUpNeeds } from './prepare/node-version.mjs';

if (fitsSetUp(process.versions.node)) {
  import('./prepare/run.mjs').then((run) => run.main(process.argv.slice(2)));
} else {
  console.error(setUpNeeds(process.versions.node));
  process.exitCode = 1;
}
