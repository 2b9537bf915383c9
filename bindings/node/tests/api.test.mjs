// What goes in, what comes out, and what is said of wrong input.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import * as fanpulse from 'fanpulse'

const { score, scoreAsync } = fanpulse
const asOf = '2026-03-30'

const observation = (changes) => ({ artistId: 'a', platform: 'spotify', metric: 'followers', observedAt: '2026-03-01', value: 100, ...changes })
const post = (changes) => ({ artistId: 'a', platform: 'tiktok', postId: 'p', publishedAt: '2026-03-01T10:00:00Z', likes: 5, ...changes })
const growing = (artistId = 'a') =>
  Array.from({ length: 30 }, (_, i) => observation({ artistId, observedAt: `2026-03-${String(i + 1).padStart(2, '0')}`, value: 1000 * 1.01 ** i }))

test('CommonJS and ES modules give the same functions', () => {
  const required = createRequire(import.meta.url)('fanpulse')
  assert.equal(required.score, score)
  assert.equal(required.scoreAsync, scoreAsync)
  assert.deepEqual(Object.keys(required).sort(), ['score', 'scoreAsync'])
})

test('artists come in the order of their first row', () => {
  const ids = score([...growing('low-tide'), ...growing('ebb')], [post({ artistId: 'low-tide' })], { asOf }).map((a) => a.artistId)
  assert.deepEqual(ids, ['low-tide', 'ebb'])
  assert.deepEqual(score([], [], { asOf }), [])
})

test('times may be Dates', () => {
  const expected = score(growing(), [post()], { asOf })
  const observations = growing().map((row) => ({ ...row, observedAt: new Date(row.observedAt) }))
  assert.deepEqual(score(observations, [post({ publishedAt: new Date('2026-03-01T10:00:00Z') })], { asOf }), expected)
})

test('undefined, null and absent counts are unknown', () => {
  const expected = score(growing(), [post()], { asOf })
  assert.deepEqual(score(growing(), [post({ shares: null, views: undefined })], { asOf }), expected)
})

test('a repeat counts once and a contradiction is refused', () => {
  const posts = Array.from({ length: 8 }, (_, i) => post({ postId: String(i), likes: 10 * i }))
  const once = score(growing(), posts, { asOf })
  assert.deepEqual(score([...growing(), ...growing()], [...posts, ...posts], { asOf }), once)
  refused(() => score(growing(), [...posts, post({ postId: '1', likes: 11 })], { asOf }), 'post row 8: post `1` of artist `a` on tiktok stands twice')
  refused(() => score([...growing(), observation({ value: 1 })], [], { asOf }), 'observation row 30: ')
})

function refused(call, message) {
  assert.throws(call, (e) => {
    assert.ok(e instanceof Error)
    assert.equal(e.code, 'INVALID_INPUT')
    assert.ok(e.message.startsWith(message), e.message)
    return true
  })
}

const metrics = readFileSync(new URL('../rows.d.ts', import.meta.url), 'utf8').match(/type Metric =([^/]*)/)[1].match(/\w+(?=')/g)

for (const [row, message] of [
  [observation({ value: '12' }), "value: '12' is not a number"],
  [observation({ value: true }), 'value: true is not a number'],
  [observation({ value: null }), 'value: missing'],
  [observation({ value: {} }), 'value: a value of type object is not a number'],
  [observation({ value: 5n }), 'value: a value of type bigint is not a number'],
  [observation({ value: -1.5 }), 'value -1.5 is not a finite number of at least 0'],
  [observation({ value: NaN }), 'value NaN is not a finite number of at least 0'],
  [observation({ artistId: 7 }), 'artistId: 7 is not a string'],
  [observation({ metric: 'plays' }), `metric: unknown metric \`plays\`; the known ones are ${metrics.join(', ')}`],
  [observation({ observedAt: 'yesterday' }), 'observedAt: `yesterday` is not a date of the form YYYY-MM-DD'],
  [observation({ observedAt: 5 }), 'observedAt: 5 is not a string or a Date'],
  [observation({ observedAt: new Date(NaN) }), 'observedAt: Invalid Date is not a time'],
  [observation({ observedAt: new Date(-1) }), 'observedAt: time 1969-12-31T23:59:59.999Z is outside'],
  [{}, 'artistId: missing'],
  [null, 'null is not an object'],
  ['x'.repeat(100), `'${'x'.repeat(77)}…' is not an object`],
  [Symbol('s'), 'a value of type symbol is not an object'],
]) {
  test(`observation: ${message}`, () => refused(() => score([observation(), row], [], { asOf }), `observation row 1: ${message}`))
}

for (const [row, message] of [
  [post({ likes: 1.5 }), 'likes: 1.5 is not a whole number from 0 to 2^53 (null = unknown)'],
  [post({ views: -1 }), 'views: -1 is not a whole number'],
  [post({ saves: NaN }), 'saves: NaN is not a whole number'],
  [post({ shares: 2 ** 60 }), 'shares: 1152921504606847000 is not a whole number'],
  [post({ comments: 'many' }), "comments: 'many' is not a number"],
  [post({ postId: undefined }), 'postId: missing'],
]) {
  test(`post: ${message}`, () => refused(() => score([], [post(), row], { asOf }), `post row 1: ${message}`))
}

test('a wrong argument is named', () => {
  refused(() => score('rows', [], { asOf }), "observations: 'rows' is not an array")
  refused(() => score([], undefined, { asOf }), 'posts: undefined is not an array')
  refused(() => score([], []), 'options: undefined is not an object')
  refused(() => score([], [], {}), 'asOf: missing')
  refused(() => score([], [], { asOf: 'tomorrow' }), 'asOf: `tomorrow` is not a date')
  for (const windowDays of [13.5, -1, NaN]) refused(() => score([], [], { asOf, windowDays }), `windowDays: ${windowDays} is not a whole number from 14 to 366`)
  refused(() => score([], [], { asOf, windowDays: 13 }), 'window_days is 13, outside 14 to 366')
})

test('an error of the caller comes through', () => {
  const gone = new RangeError('gone')
  const row = Object.defineProperty(observation(), 'value', { get: () => { throw gone } })
  assert.throws(() => score([row], [], { asOf }), (e) => e === gone)
})

test('scoreAsync rejects, and never throws', async () => {
  for (const [args, message] of [
    [['rows', [], { asOf }], "observations: 'rows' is not an array"],
    [[[observation({ value: -1 })], [], { asOf }], 'observation row 0: value -1 is not'],
    [[[observation(), observation({ value: 1 })], [], { asOf }], 'observation row 1: '],
  ]) {
    const promise = scoreAsync(...args)
    await assert.rejects(promise, (e) => e.code === 'INVALID_INPUT' && e.message.startsWith(message))
  }
})

test('the event loop runs while scoreAsync scores', async () => {
  const observations = Array.from({ length: 300 }, (_, i) => growing(String(i))).flat()
  let turns = 0
  const count = () => { turns += 1; again = setImmediate(count) }
  let again = setImmediate(count)
  const promise = scoreAsync(observations, [], { asOf })
  const before = turns
  const analyses = await promise
  clearImmediate(again)
  assert.equal(analyses.length, 300)
  assert.ok(turns > before, 'no turn of the event loop')
})
