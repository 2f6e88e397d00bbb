import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { checkFileCode } from './check-file-code.ts'
import { licences } from './licences.ts'

/**
 * Makes the program as it is shipped, in dist/bin: what every start loads is a few files there in the place of a thousand.
 * The rest is loaded from node_modules, when it is first wanted.
 */

/** What every start loads. All else stays a package: it is native, brings files of its own, or is not always wanted. */
const BUNDLED = new Set([
  '@fastify/cors', '@fastify/helmet', '@fastify/rate-limit', '@fastify/websocket', '@sinclair/typebox', 'close-with-grace', 'commander', 'fastify',
  'fastify-plugin', 'ipaddr.js', 'pino', 'sonic-boom', 'standardwebhooks', 'ws', 'yaml'
])

const root = join(import.meta.dirname, '../../..')
const bin = join(root, 'dist/bin')

/** What Fastify loads where it is not given another (plugins/compilers.ts): not for the server itself. */
const NOT_AT_START = new Set(['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler'])

/** What is CommonJS asks Node for its own modules by a word of esbuild's, which is defined in one file and looks for a `require` there. */
const ASKS = '__require'
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); "

const { metafile, outputFiles } = await build({
  absWorkingDir: root,
  // The echo agent is a program of its own, beside what starts it.
  entryPoints: { iris: 'src/main.ts', 'echo-program': 'src/agent/echo-program.ts' },
  outdir: bin,
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none', // LICENSES has them whole
  metafile: true,
  write: false,
  plugins: [{
    name: 'iris',
    setup (build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, importer }) =>
        importer === '' || (importer.includes('node_modules') ? !NOT_AT_START.has(path) : BUNDLED.has(packageOf(path))) ? undefined : { path, external: true })
      build.onLoad({ filter: /[\\/]config[\\/]check-file\.ts$/ }, () => ({ contents: checkFileCode(), resolveDir: root }))
    }
  }]
})

mkdirSync(bin, { recursive: true })
for (const { path, text } of outputFiles) writeFileSync(path, text.includes(`var ${ASKS} =`) ? REQUIRE + text : text)
writeFileSync(join(bin, 'LICENSES'), licences(root, Object.keys(metafile.inputs)))

// What an earlier build made. A server that runs may yet load what is the same as before.
const made = new Set([...outputFiles.map(({ path }) => path), join(bin, 'LICENSES')])
for (const name of readdirSync(bin)) if (!made.has(join(bin, name))) rmSync(join(bin, name))

function packageOf (specifier: string): string {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}
