// Owns what tsc knows of ./uplot.js: page-files.ts serves the chart library under that name, out of where it is installed.
export { default } from 'uplot';
