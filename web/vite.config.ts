import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

// The server to develop against: SJ_SERVER=http://127.0.0.1:8080 npm run dev
const server = process.env.SJ_SERVER ?? 'http://127.0.0.1:8080';

const FRAME = new RegExp(
  '/vue(-router)?/|/@vue/|/kernel/((act|http|load|outbox|router|session|storage|time|type|i18n/index)\\.ts|widgets/(icons|' +
    'AskDialog|EmptyState|ErrorBox|FormField|LanguagePick|SjIcon|SkeletonLines|ToastStack))',
);

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
  build: {
    outDir: 'dist/site',
    emptyOutDir: true,
    target: ['chrome87', 'safari14', 'firefox88'],
    assetsInlineLimit: 0, // the content policy allows no data: addresses
    manifest: true,
    modulePreload: { polyfill: false },
    // What every first page uses is one file, not one for each widget.
    rolldownOptions: {
      output: {
        codeSplitting: { groups: [{ name: 'frame', test: FRAME }] },
      },
    },
  },
  server: { proxy: { '/api': { target: server, changeOrigin: true } } },
  test: { include: ['src/**/*.spec.ts'], environment: 'jsdom' },
});
