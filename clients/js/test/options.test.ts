import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Iris } from '../src/index.ts'

test('what is no URL of a server is said at once', () => {
  for (const url of ['127.0.0.1:1615', 'localhost:1615', 'ftp://127.0.0.1']) assert.throws(() => new Iris({ url }), { name: 'TypeError', message: /is no URL of a server; expected e\.g\. http:/ })
})

test('a key that no header holds is refused, and not said', () => {
  for (const key of ['iris_sk_secret…', 'iris_sk_secret\nmore']) {
    assert.throws(() => new Iris({ url: 'http://127.0.0.1:1615', key }), ({ message }: Error) => /no key has/.test(message) && !message.includes('secret'))
  }
})
