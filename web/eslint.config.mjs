import vue from 'eslint-plugin-vue';
import tseslint from 'typescript-eslint';

const onlyHttp = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'].map((name) => ({
  name,
  message: 'Speak to the server through kernel/http.ts.',
}));

export default tseslint.config(
  { ignores: ['dist', 'src/gen', 'src/rooms/draw'] },
  ...tseslint.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue', '**/*.ts'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      'no-restricted-globals': ['error', ...onlyHttp],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^@/rooms/|^(\\.\\./)+rooms/|^\\.\\./\\.\\./(?!kernel)[a-z]+/(?!.*\\.\\.)',
              message: 'Rooms do not import rooms: share through the kernel.',
            },
          ],
        },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': 'error',
      'vue/require-default-prop': 'off', // absent props are undefined, and typed so
      'vue/max-attributes-per-line': 'off', // prettier decides how it looks
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
    },
  },
  { files: ['src/kernel/http.ts', 'e2e/*.ts'], rules: { 'no-restricted-globals': 'off' } },
  { files: ['src/main.ts'], rules: { 'no-restricted-imports': 'off' } },
);
