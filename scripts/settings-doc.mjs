// Owns the settings tables of docs/operations.md: made from config/definitions.ts (as built in dist), between two marks.
// The text around them is written by hand.
//
//   node scripts/settings-doc.mjs --write | --check
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'operations.md');
const [BEGIN, END] = ['<!-- settings: made by `npm run docs:settings` -->', '<!-- settings: end -->'];
const TITLES = {
  listeners: 'Listeners',
  pool: 'Pool',
  runtime: 'Runtime',
  hashing: 'Hashing',
  health: 'Health',
  life: 'Life of a replica',
  requests: 'Requests',
  proxy: 'Proxy',
  sight: 'Logs',
};

const built = join(root, 'dist', 'apps', 'balancer', 'src', 'config', 'definitions.js');
const { definitions } = await import(pathToFileURL(built));

const current = readFileSync(page, 'utf8');
const [before, rest] = current.split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error(`${relative(root, page)} lacks the marks ${BEGIN} and ${END}`);
const wanted = `${before}${BEGIN}\n\n${tables(Object.values(definitions))}\n${END}${after}`;

if (process.argv[2] === '--write') {
  writeFileSync(page, wanted);
} else if (wanted !== current) {
  console.error(`${relative(root, page)} does not list the settings as they are: run \`npm run docs:settings\`.`);
  process.exitCode = 1;
}

function tables(all) {
  return [...new Set(all.map(({ group }) => group))]
    .map(
      (group) =>
        `### ${TITLES[group] ?? group}\n\n| setting | default | what it does |\n|---|---|---|\n${all
          .filter((one) => one.group === group)
          .map(row)
          .join('\n')}\n`,
    )
    .join('\n');
}

function row({ name, default: value, text }) {
  const shown = value === undefined ? 'unset' : value === '' ? 'empty' : `\`${value}\``;
  return `| \`${name}\` | ${shown} | ${text.replaceAll('|', '\\|')} |`;
}
