import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

// The server to develop against: SJ_SERVER=http://127.0.0.1:8080 npm run dev
const server = process.env.SJ_SERVER ?? 'http://127.0.0.1:8080';

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
  },
  server: { proxy: { '/api': { target: server, changeOrigin: true } } },
  test: { include: ['src/**/*.spec.ts'], environment: 'jsdom' },
});
