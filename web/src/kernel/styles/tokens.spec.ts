import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync(join(process.cwd(), 'src/kernel/styles/tokens.css'), 'utf8');
const dark = css.indexOf('prefers-color-scheme: dark');
const print = css.indexOf('@media print');

const tokens = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]));

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [dim, bright] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (bright + 0.05) / (dim + 0.05);
}

const TEXT: [string, string[]][] = [
  ['ink', ['ground', 'card', 'raised', 'primary-weak', 'warn-weak', 'fail-weak', 'pass-weak']],
  ['secondary', ['ground', 'card', 'raised', 'primary-weak']],
  ['primary', ['ground', 'card', 'raised', 'primary-weak']],
  ['on-primary', ['primary', 'primary-hover']],
  ['warn', ['card', 'warn-weak']],
  ['fail', ['card', 'raised', 'fail-weak']],
  ['pass', ['card', 'pass-weak']],
  ['info', ['card', 'info-weak']],
];

describe.each([
  ['light', tokens(css.slice(0, dark))],
  ['dark', tokens(css.slice(dark, print))],
])('the %s scheme', (_, colours) => {
  it.each(TEXT)('shows %s at 4.5:1 or more', (text, grounds) => {
    for (const ground of grounds) {
      const found = contrast(colours[text]!, colours[ground]!);
      expect(found, `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('shows the edges of fields at 3:1', () => {
    expect(contrast(colours['line-strong']!, colours.card!)).toBeGreaterThanOrEqual(3);
  });
});
