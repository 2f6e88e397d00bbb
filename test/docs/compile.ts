import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { root } from '../fixtures/root.ts'

/** Puts a package of TypeScript sources into a folder, as it is published. */
export function publish (folder: string, into: string): void {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true }
  const [from, to] = [join(root, folder, 'src'), join(into, 'dist/src')]
  mkdirSync(to, { recursive: true })
  writeFileSync(join(into, 'package.json'), readFileSync(join(root, folder, 'package.json')))
  for (const file of readdirSync(from)) {
    const { outputText } = ts.transpileModule(readFileSync(join(from, file), 'utf8'), { compilerOptions, fileName: join(from, file) })
    writeFileSync(join(to, file.replace('.ts', '.js')), outputText)
  }
}

/**
 * Compiles files as if they stood in the project, under its own strict rules. Throws where one is wrong. Resolves to what each
 * exports; what it imports is what the running test imports.
 */
export async function compile (into: string, files: Readonly<Record<string, string>>): Promise<Record<string, Record<string, unknown>>> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: { compilerOptions: object } }
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, incremental: false, tsBuildInfoFile: undefined, sourceMap: false }, root)
  const given = new Map(Object.entries(files).map(([path, text]) => [join(root, path), text]))
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  Object.assign(host, {
    fileExists: (path: string) => given.has(path) || fileExists(path),
    readFile: (path: string) => given.get(path) ?? readFile(path),
    getSourceFile (path: string, target: ts.ScriptTarget) {
      const text = given.get(path)
      return text === undefined ? getSourceFile(path, target) : ts.createSourceFile(path, text, target)
    }
  })
  const program = ts.createProgram([...given.keys()], options, host)
  const modules: Record<string, Record<string, unknown>> = {}
  for (const [path, text] of given) {
    const source = program.getSourceFile(path)!
    const wrong = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    if (wrong.length > 0) throw new Error(ts.formatDiagnostics(wrong, host))
    const name = relative(root, path)
    if (name.startsWith('test/')) continue // it would run
    const there = (specifier: string) => pathToFileURL(join(root, 'dist', dirname(name), specifier.replace(/\.ts$/, '.js'))).href
    const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true } })
    const bare = (specifier: string) => import.meta.resolve(specifier)
    const file = join(into, name.replaceAll('/', '-').replace('.ts', '.mjs'))
    writeFileSync(file, outputText.replaceAll(/(from |^import )'([^']+)'/gm, (_, before: string, specifier: string) => `${before}'${specifier.startsWith('.') ? there(specifier) : bare(specifier)}'`))
    modules[name] = await import(pathToFileURL(file).href) as Record<string, unknown>
  }
  return modules
}
