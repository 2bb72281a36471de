import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { noKubectl } from '../manifests/kustomize.ts';
import { referenceFile, renderReference } from '../scripts/render-reference.ts';
import { ElastiServiceSpec } from '../src/api/elastiservice.ts';
import { Variables } from '../src/config-variables.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n');

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const withoutCode = (text: string) => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
/** The blocks of code of a language, with the indentation of the list that they may stand in taken off. */
const blocksOf = (page: string, language: string) =>
  [...read(page).matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(
    ([, indent = '', code = '']) => code.replace(new RegExp(`^${indent}`, 'gm'), ''),
  );
/** As GitHub makes them of headings. */
const anchorsOf = (page: string) =>
  [
    ...read(page)
      .replace(/^```[\s\S]*?^```/gm, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('the reference is what npm run generate writes', () => {
  assert.equal(readFileSync(referenceFile, 'utf8'), renderReference());
});

test('every link within the repository leads somewhere', () => {
  let count = 0;
  for (const page of PAGES) {
    const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)];
    for (const [, link = '', source = ''] of links) {
      const target = link || source;
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
      assert.ok(existsSync(file), `${page}: ${target}`);
      if (anchor) assert.ok(anchorsOf(relative(ROOT, file)).includes(anchor), `${page}: ${target}`);
      count += 1;
    }
  }
  assert.ok(count > 20, String(count));
});

test('every command is one that a shell can read', () => {
  const commands = PAGES.flatMap((page) => blocksOf(page, 'sh').map((code) => ({ page, code })));
  assert.ok(commands.length > 10);
  for (const { page, code } of commands) {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' });
    assert.equal(status, 0, `${page}: ${stderr}`);
  }
});

const yaml = PAGES.flatMap((page) => blocksOf(page, 'yaml').map((code) => ({ page, code })));

test('every manifest is YAML, and every ElastiService one that is accepted', () => {
  let services = 0;
  for (const { page, code } of yaml) {
    for (const document of parseAllDocuments(code)) {
      assert.deepEqual(document.errors, [], page);
      const { kind, spec } = document.toJS();
      if (kind !== 'ElastiService') continue;
      services += 1;
      assert.ok(ElastiServiceSpec.parse(spec), page);
    }
  }
  assert.ok(services > 0);
});

describe('kustomizations', { skip: noKubectl }, () => {
  // Those over manifests of other projects need the net.
  const local = yaml.filter(({ code }) => code.includes('elasti/manifests/') && !code.includes('https://'));

  test('that are shown can be rendered', (t) => {
    assert.ok(local.length >= 3);
    for (const { page, code } of local) {
      const directory = mkdtempSync(join(tmpdir(), 'elasti-docs-'));
      t.after(() => rmSync(directory, { recursive: true }));
      const here = relative(directory, ROOT);
      writeFileSync(join(directory, 'kustomization.yaml'), code.replaceAll('elasti/manifests', `${here}/manifests`));
      const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', directory], { encoding: 'utf8' });
      assert.equal(status, 0, `${page}: ${stderr}`);
      assert.match(stdout, /^kind: /m);
    }
  });
});

test('the README has every variable that the programs read', () => {
  const resolverVariables = [...read('src/resolver/config.ts').matchAll(/^ {4}([A-Z][A-Z_]+):/gm)].map(
    ([, name = '']) => name,
  );
  assert.ok(resolverVariables.length > 8, resolverVariables.join());
  const table = read('README.md').replace(/`ELASTI_RESOLVER_NAMESPACE`, ([^|]+)/, (row) =>
    row.replaceAll('`_', '`ELASTI_RESOLVER_'),
  );
  const untold = [...Object.keys(Variables.shape), ...resolverVariables].filter(
    // Those of the service are Kubernetes' own.
    (name) => !table.includes(`\`${name}\``) && !name.startsWith('KUBERNETES_SERVICE_'),
  );
  assert.deepEqual(untold, []);
});
