import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**', '.hashflow/**', 'bench/node_modules/**'] },
  js.configs.recommended,
  {
    files: ['**/*.{js,mjs}'],
    ignores: ['apps/balancer/src/dashboard/page/*.js'],
    languageOptions: { globals: globals.node },
  },
  { files: ['apps/balancer/src/dashboard/page/*.js'], languageOptions: { globals: globals.browser } },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts', 'docker/**/*.ts', 'experiments/**/*.ts', 'drills/**/*.ts', 'bench/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', 400],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // supertest bodies and parsed JSON are any by nature; a test that asserts them needs no cast.
    files: ['**/*.spec.ts', '**/*.e2e-spec.ts', '**/testing/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
);
