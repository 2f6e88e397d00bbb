import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ConnectionLostError, Iris, IrisError, SignatureError, verifyWebhook, type FollowOptions, type TellOptions } from '../src/index.ts'
import * as library from '../src/index.ts'
import { errorOf } from '../src/errors.ts'
import { scriptedServer, type Exchange } from './scripted-server.ts'

interface Case {
  name: string
  do: { call?: string, input?: object, tell?: Told, stream?: Told, events?: FollowOptions, take?: number }
  exchanges: Exchange[]
  sleeps: number[]
  result?: unknown
  error?: { name: string, statusCode: number, details?: object }
  chunks?: [number, string][]
  events?: unknown[]
}
type Told = { team: string, message: string } & TellOptions & { retries?: number }

const read = <T>(name: string) => JSON.parse(readFileSync(new URL(`../../../fixtures/${name}.json`, import.meta.url), 'utf8')) as T

for (const file of ['calls', 'streams']) {
  const { key, cases } = read<{ key: string, cases: Case[] }>(file)
  for (const one of cases) {
    test(one.name, async () => {
      const server = await scriptedServer(one.exchanges)
      const sleeps: number[] = []
      let ids = 0
      const iris = new Iris({
        url: server.url,
        key,
        newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
        random: () => 1,
        async sleep (ms) { sleeps.push(ms) }
      })
      const seen: { chunks?: unknown[], events?: unknown[], result?: unknown, error?: IrisError } = {}
      try {
        seen.result = await play(iris, one.do, seen)
      } catch (err) {
        if (!(err instanceof IrisError)) throw err
        seen.error = err
      } finally {
        await server.end()
      }
      if (one.error === undefined) assert.ifError(seen.error)
      else assertError(seen.error, one.error)
      assert.deepEqual([seen.result, seen.chunks, seen.events, sleeps], [one.result, one.chunks, one.events, one.sleeps])
    })
  }
}

async function play (iris: Iris, what: Case['do'], seen: { chunks?: unknown[], events?: unknown[] }): Promise<unknown> {
  if (what.call !== undefined) {
    const name = what.call.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    return await (iris as unknown as Record<string, (input: object) => Promise<unknown>>)[name]!(what.input!)
  }
  if (what.tell !== undefined) {
    const { team, message, ...options } = what.tell
    return await iris.tell(team, message, options)
  }
  if (what.stream !== undefined) {
    const { team, message, ...options } = what.stream
    const stream = iris.stream(team, message, options)
    seen.chunks = []
    let text = ''
    for await (const one of stream) {
      text = text.slice(0, one.offset) + one.chunk
      assert.equal(one.text, text)
      seen.chunks.push([one.offset, one.chunk])
    }
    assert.equal(stream.answer?.response, text)
    return stream.answer
  }
  seen.events = []
  for await (const event of iris.events(what.events)) if (seen.events.push(event) === what.take) return undefined
}

function assertError (err: IrisError | undefined, { name, statusCode, details }: NonNullable<Case['error']>) {
  assert.deepEqual([err?.name, err?.statusCode, err?.constructor.name], [name, statusCode, name])
  if (details !== undefined) assert.deepEqual(err?.details, details)
}

test('every error of the server has a class of its name', () => {
  const { bodies, unknown } = read<{ bodies: library.ErrorBody[], unknown: library.ErrorBody }>('errors')
  for (const body of bodies) {
    const err = errorOf(body)
    assert.equal(err.constructor, (library as unknown as Record<string, unknown>)[body.error])
    assert.deepEqual([err.name, err.message, err.statusCode, err.details], [body.error, body.message, body.statusCode, body.details ?? {}])
  }
  const err = errorOf(unknown)
  assert.equal(err.constructor, IrisError)
  assert.deepEqual([err.name, err.message], [unknown.error, unknown.message])
  assert.ok(new ConnectionLostError('') instanceof IrisError)
})

const { vectors } = read<{ vectors: { name: string, secret: string[], headers: Record<string, string>, body: string, now: number, fits: boolean }[] }>('webhooks')
for (const { name, secret, headers, body, now, fits } of vectors) {
  test(`webhook: ${name}`, async () => {
    for (const given of [headers, new Headers(headers)]) {
      const verified = verifyWebhook(secret, given, body, { now })
      if (fits) assert.deepEqual(await verified, JSON.parse(body))
      else await assert.rejects(verified, SignatureError)
    }
  })
}
