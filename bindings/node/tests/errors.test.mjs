// What is said of wrong input: a code, and the table, row, column and value where they are known.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { BreakoutModel, Engine, FanPulseError, LiveArtist, breakout, explain, fans, fansAsync, releases, score, scoreAsync, viral } from 'fanpulse'

import { asOf, coded, development, fanEvent, growing, many, observation, observationColumns, post, postColumns, refused, rejected } from './rows.mjs'

const arrow = development('apache-arrow')
const metrics = 'followers, monthly_listeners, subscribers, popularity, streams, saves, playlist_adds, likes, comments, shares, total_streams, total_views'

for (const [row, column, message, value] of [
  [observation({ value: '12' }), 'value', "'12' is not a number", "'12'"],
  [observation({ value: true }), 'value', 'true is not a number'],
  [observation({ value: null }), 'value', 'missing'],
  [observation({ value: {} }), 'value', 'a value of type object is not a number'],
  [observation({ value: 5n }), 'value', '5n is not a number', '5n'],
  [observation({ value: 2n ** 70n }), 'value', '1180591620717411303424n is not a number'],
  [observation({ value: -1.5 }), 'value', '-1.5 is not a finite number of at least 0', '-1.5'],
  [observation({ value: NaN }), 'value', 'NaN is not a finite number of at least 0'],
  [observation({ value: Infinity }), 'value', 'Infinity is not a finite number'],
  [observation({ artistId: 7 }), 'artistId', '7 is not a string'],
  [observation({ artistId: undefined }), 'artistId', 'missing'],
  [observation({ platform: null }), 'platform', 'missing'],
  [observation({ metric: 'plays' }), 'metric', `unknown metric \`plays\`; the known ones are ${metrics}`],
  [observation({ metric: undefined }), 'metric', 'missing'],
  [observation({ observedAt: undefined }), 'observedAt', 'missing'],
  [observation({ observedAt: 'yesterday' }), 'observedAt', '`yesterday` is not a date of the form YYYY-MM-DD'],
  [observation({ observedAt: '2026-02-29' }), 'observedAt', '`2026-02-29` is not a date'],
  [observation({ observedAt: '2026-03-01T10:00:00' }), 'observedAt', 'time `2026-03-01T10:00:00` has no zone; write it as RFC 3339'],
  [observation({ observedAt: 1772323200000 }), 'observedAt', '1772323200000 is not a string or a Date'],
  [observation({ observedAt: new Date(NaN) }), 'observedAt', 'Invalid Date is not a time'],
  [observation({ observedAt: new Date(-1) }), 'observedAt', 'time 1969-12-31T23:59:59.999Z is outside'],
  [observation({ observedAt: '2200-01-01' }), 'observedAt', 'day 2200-01-01 is outside 1970-01-01 to 2199-12-31'],
  [{}, 'artistId', 'missing'],
  [null, 'row', 'null is not an object'],
  [undefined, 'row', 'missing'],
  ['x'.repeat(100), 'row', `'${'x'.repeat(77)}…' is not an object`],
  [Symbol('s'), 'row', 'a value of type symbol is not an object'],
]) {
  test(`observation: ${column}: ${message}`, () => {
    const place = { table: 'observations', row: 1, column, ...(value === undefined ? {} : { value }) }
    refused(() => score([observation(), row], { asOf }), `observations row 1: ${column}: ${message}`, place)
  })
}

for (const [row, column, message] of [
  [post({ likes: 1.5 }), 'likes', '1.5 is not a whole number from 0 to 2^53 (null = unknown)'],
  [post({ views: -1 }), 'views', '-1 is not a whole number'],
  [post({ saves: NaN }), 'saves', 'NaN is not a whole number'],
  [post({ shares: 2 ** 60 }), 'shares', '1152921504606847000 is not a whole number'],
  [post({ shares: 5n }), 'shares', '5n is not a number'],
  [post({ comments: 'many' }), 'comments', "'many' is not a number"],
  [post({ postId: undefined }), 'postId', 'missing'],
  [post({ publishedAt: undefined }), 'publishedAt', 'missing'],
  [post({ platform: undefined }), 'platform', 'missing'],
  [post({ artistId: undefined }), 'artistId', 'missing'],
  [post({ publishedAt: '2026-02-30T10:00:00Z' }), 'publishedAt', '`2026-02-30T10:00:00Z` is neither'],
  [post({ publishedAt: '2026-03-01T10:00:0٠Z' }), 'publishedAt', '`2026-03-01T10:00:0٠Z` is neither'],
  [post({ publishedAt: 'as long as a time is.' }), 'publishedAt', '`as long as a time is.` is neither'],
  [post({ publishedAt: '2026-03-01 10:00' }), 'publishedAt', '`2026-03-01 10:00` is neither'],
]) {
  const value = typeof row[column] === 'string' && column === 'publishedAt' ? { value: `'${row[column]}'` } : {}
  test(`post: ${column}: ${message}`, () => refused(() => score([], { asOf, posts: [post(), row] }), `posts row 1: ${column}: ${message}`, { table: 'posts', row: 1, column, ...value }))
}

for (const [row, column, message] of [
  [fanEvent({ kind: 'streem' }), 'kind', 'unknown fan event `streem`; the known ones are stream, like'],
  [fanEvent({ fanId: 4 }), 'fanId', '4 is not a string'],
  [fanEvent({ amount: -1 }), 'amount', '-1 is not a finite number of at least 0'],
  [fanEvent({ count: 0.5 }), 'count', '0.5 is not a whole number'],
  [fanEvent({ occurredAt: null }), 'occurredAt', 'missing'],
  [fanEvent({ occurredAt: undefined }), 'occurredAt', 'missing'],
]) {
  test(`fan event: ${column}: ${message}`, () => refused(() => fans([fanEvent(), row], { asOf }), `fanEvents row 1: ${column}: ${message}`, { row: 1, column }))
}

test('what is missing from the first row is missing', () => {
  for (const column of ['artistId', 'platform', 'metric', 'observedAt', 'value']) {
    const rows = [observation({ [column]: undefined }), observation({ [column]: undefined })]
    refused(() => score(rows, { asOf }), `observations row 0: ${column}: missing`, { table: 'observations', row: 0, column })
    if (column === 'value') continue
    const listed = { artistId: ['a'], platform: ['spotify'], metric: ['followers'], observedAt: ['2026-03-01'], value: Float64Array.of(5), [column]: [undefined] }
    refused(() => score(listed, { asOf }), `observations row 0: ${column}: missing`, { table: 'observations', row: 0, column })
  }
  for (const column of ['artistId', 'platform', 'postId', 'publishedAt']) {
    refused(() => score([], { asOf, posts: [post({ [column]: undefined })] }), `posts row 0: ${column}: missing`, { table: 'posts', row: 0, column })
  }
})

test('rows that contradict each other are named', () => {
  const posts = Array.from({ length: 8 }, (_, i) => post({ postId: String(i), likes: 10 * i }))
  const twice = () => score(growing(), { asOf, posts: [...posts, post({ postId: '1', likes: 11 })] })
  refused(twice, 'posts row 8: post `1` of artist `a` on tiktok stands twice with different values', { table: 'posts', row: 8, column: 'postId', value: '1' })
  const conflict = () => score([...growing(), observation({ value: 1 })], { asOf })
  refused(conflict, 'observations row 30: two values for spotify followers at 2026-03-01: 1000 and 1', { table: 'observations', row: 30, column: 'value', value: '1' })
})

test('times of mixed zones are one time line, and one without a zone is named', () => {
  const mixed = growing().map((row, i) => ({ ...row, observedAt: i % 2 ? `${row.observedAt}T12:00:00Z` : `${row.observedAt}T14:00:00+02:00` }))
  assert.deepEqual(score(mixed, { asOf })[0].momentum, score(growing(), { asOf })[0].momentum)
  mixed[7].observedAt = '2026-03-08T12:00:00'
  refused(() => score(mixed, { asOf }), 'observations row 7: observedAt: time `2026-03-08T12:00:00` has no zone', { row: 7, column: 'observedAt' })
  const { day, ...columns } = observationColumns(growing())
  refused(() => score({ ...columns, observedAt: mixed.map((row) => row.observedAt) }, { asOf }), 'observations row 7: observedAt: time', { row: 7 })
})

const detached = () => {
  const array = new Float64Array(30)
  structuredClone(array, { transfer: [array.buffer] })
  return array
}
const resizable = () => new Float64Array(new ArrayBuffer(240, { maxByteLength: 480 }))
const without = (table, ...names) => Object.fromEntries(Object.entries(table).filter(([name]) => !names.includes(name)))
const columns = () => observationColumns(growing())
const seconds = Float64Array.from(columns().day, (day) => day * 86_400)

for (const [name, table, message, place] of [
  ['a wrong type', { ...columns(), value: new Float32Array(30) }, 'observations: value: Float32Array where a Float64Array is wanted', { column: 'value' }],
  ['whole numbers', { ...columns(), value: new Int32Array(30) }, 'observations: value: Int32Array where a Float64Array is wanted', { column: 'value' }],
  ['BigInts', { ...columns(), value: new BigInt64Array(30) }, 'observations: value: BigInt64Array where a Float64Array is wanted', { column: 'value' }],
  ['a list', { ...columns(), value: Array(30).fill(1) }, 'observations: value: Array where a Float64Array is wanted', { column: 'value' }],
  ['days as floats', { ...columns(), day: new Float64Array(30) }, 'observations: day: Float64Array where a Int32Array is wanted', { column: 'day' }],
  ['codes as floats', { ...columns(), metric: { codes: new Float64Array(30), names: [] } }, 'observations: metric: Float64Array where one of Uint8Array', { column: 'metric' }],
  ['no value', without(columns(), 'value'), 'observations: value: missing; there are artistId, platform, metric, day', { column: 'value' }],
  ['no metric', without(columns(), 'metric'), 'observations: metric: missing; there are artistId, platform, day, value', { column: 'metric' }],
  ['no time', without(columns(), 'day'), 'observations: observedAt: missing; there are artistId, platform, metric, value', { column: 'observedAt' }],
  ['no artist', without(columns(), 'artistId'), 'observations: artistId: missing', { column: 'artistId' }],
  ['an empty table', {}, 'observations: value: missing; there are no columns', { column: 'value' }],
  ['an unknown column', { ...columns(), valu: 1 }, 'observations: valu: there is no such column; the known ones are artistId, component', { column: 'valu' }],
  ['lengths that differ', { ...columns(), value: new Float64Array(29) }, 'observations: day: 30 rows where value has 29', { column: 'day' }],
  ['texts of another length', { ...columns(), artistId: Array(31).fill('a') }, 'observations: artistId: 31 rows where value has 30', { column: 'artistId' }],
  ['a detached buffer', { ...columns(), value: detached() }, 'observations: value: its buffer is detached', { column: 'value' }],
  ['shared memory', { ...columns(), value: new Float64Array(new SharedArrayBuffer(240)) }, 'observations: value: is of shared memory', { column: 'value' }],
  ['a resizable buffer', { ...columns(), value: resizable() }, 'observations: value: is of a resizable buffer', { column: 'value' }],
  ['seconds', { ...without(columns(), 'day'), observedAt: seconds }, 'observations row 29: observedAt: 1774828800 looks like seconds; milliseconds since 1970-01-01 are wanted', { row: 29, column: 'observedAt', value: '1774828800' }],
  ['microseconds', { ...without(columns(), 'day'), observedAt: seconds.map((s) => s * 1e6) }, 'observations row 0: observedAt: 1772323200000000 looks like microseconds', { row: 0 }],
  ['big nanoseconds', { ...without(columns(), 'day'), observedAt: BigInt64Array.from(seconds, (s) => BigInt(s) * 10n ** 9n) }, 'observations row 0: observedAt: 1772323200000000000 looks like nanoseconds', { row: 0 }],
  ['a time that is NaN', { ...without(columns(), 'day'), observedAt: seconds.map((s, i) => (i === 4 ? NaN : s * 1e3)) }, 'observations row 4: observedAt: NaN is not a time', { row: 4 }],
  ['a time before 1970', { ...without(columns(), 'day'), observedAt: seconds.map((s, i) => (i === 4 ? -1 : s * 1e3)) }, 'observations row 4: observedAt: time 1969-12-31T23:59:59.999Z is outside', { row: 4 }],
  ['dates as numbers', { ...columns(), day: columns().day.map((_, i) => 20260301 + i) }, 'observations row 0: day 20260301 after 1970-01-01 is outside', { row: 0, column: 'day', value: '20260301' }],
  ['both times', { ...columns(), observedAt: seconds }, 'observations: day: given beside observedAt', { column: 'day' }],
  ['component and metric', { ...columns(), component: { codes: new Uint16Array(30), names: [] } }, 'observations: platform: given beside component', { column: 'platform' }],
  ['an unknown metric', { ...columns(), metric: { codes: new Uint8Array(30).fill(1), names: ['followers', 'plays'] } }, `observations row 0: metric: unknown metric \`plays\`; the known ones are ${metrics}`, { row: 0, column: 'metric', value: "'plays'" }],
  ['a code without a name', { ...columns(), platform: { codes: Uint8Array.from({ length: 30 }, (_, i) => Number(i === 5)), names: ['spotify'] } }, 'observations row 5: platform: code 1 is not below the 1 names', { row: 5, column: 'platform', value: '1' }],
  ['a negative code', { ...columns(), artistId: { codes: new Int32Array(30).fill(-1, 9), names: ['a'] } }, 'observations row 9: artist number 4294967295 is not below the 1 artists', { row: 9, column: 'artistId' }],
  ['a code without a component', { ...without(columns(), 'metric', 'platform'), component: { codes: new Uint16Array(30).fill(3), names: [{ platform: 'spotify', metric: 'followers' }] } }, 'observations row 0: component code 3 is outside 0 to 0', { row: 0, column: 'component' }],
  ['a missing text', { ...columns(), artistId: [...Array(29).fill('a'), null] }, 'observations row 29: artistId: missing', { row: 29, column: 'artistId' }],
  ['a name that is no text', { ...columns(), artistId: { codes: new Uint32Array(30), names: [7] } }, 'observations: artistId: name 0 is 7, not a string', { column: 'artistId' }],
  ['a name twice', { ...columns(), artistId: { codes: new Uint32Array(30), names: ['a', 'a'] } }, 'observations: artistId: `a` stands twice among the names', { column: 'artistId' }],
  ['NaN', { ...columns(), value: columns().value.fill(NaN, 3, 4) }, 'observations row 3: value NaN is not a finite number of at least 0', { row: 3, column: 'value', value: 'NaN' }],
  ['a negative value', { ...columns(), value: columns().value.fill(-2, 3, 4) }, 'observations row 3: value -2 is not a finite number of at least 0', { row: 3, column: 'value', value: '-2' }],
]) {
  test(`columns: ${name}`, async () => {
    refused(() => score(table, { asOf }), message, { table: 'observations', ...place })
    await rejected(scoreAsync(table, { asOf }), message, { table: 'observations', ...place })
  })
}

for (const [name, change, message, place] of [
  ['a negative count', { likes: Float64Array.of(-3) }, 'posts row 0: likes: -3 is not a finite number of at least 0', { row: 0, column: 'likes', value: '-3' }],
  ['an infinite count', { views: Float64Array.of(Infinity) }, 'posts row 0: views: inf is not a finite number', { row: 0, column: 'views' }],
  ['counts of another type', { likes: Int32Array.of(3) }, 'posts: likes: Int32Array where a Float64Array is wanted', { column: 'likes' }],
  ['lengths that differ', { postId: ['p', 'q'] }, 'posts: postId: 2 rows where the other columns have 1', { column: 'postId' }],
  ['an id that is no text', { postId: [7] }, 'posts row 0: postId: 7 is not a string', { row: 0, column: 'postId' }],
  ['a misspelt column', { like: Float64Array.of(3) }, 'posts: like: there is no such column', { column: 'like' }],
]) {
  test(`post columns: ${name}`, () => refused(() => score(growing(), { asOf, posts: { ...postColumns([post()]), ...change } }), message, { table: 'posts', ...place }))
}

test('post columns without ids are checked by the engine', () => {
  const { postId, ...columns } = postColumns([post(), post({ postId: 'q' })])
  const likes = Float64Array.of(3, -3)
  refused(() => score(growing(), { asOf, posts: { ...columns, likes } }), 'posts row 1: likes: -3 is not a finite number of at least 0', { table: 'posts', row: 1, column: 'likes', value: '-3' })
})

const table = (changes) => {
  const one = { artist_id: arrow.vectorFromArray(['a'], new arrow.Utf8()), platform: arrow.vectorFromArray(['spotify'], new arrow.Utf8()), metric: arrow.vectorFromArray(['followers'], new arrow.Utf8()), observed_at: arrow.vectorFromArray([new Date(asOf)], new arrow.DateDay()), value: arrow.vectorFromArray([1], new arrow.Float64()) }
  return arrow.tableToIPC(new arrow.Table(without({ ...one, ...changes }, ...Object.keys(changes).filter((name) => changes[name] === undefined))))
}

for (const [name, bytes, message, place] of [
  ['other bytes', new Uint8Array([1, 2, 3]), 'observations: the bytes are not an Arrow IPC stream or file', {}],
  ['half a stream', table({}).subarray(0, 200), 'observations: the bytes are not an Arrow IPC stream or file', {}],
  ['no metric', table({ metric: undefined }), 'observations: metric: there is no such column; there are artist_id, platform, observed_at, value', { column: 'metric' }],
  ['a wrong type', table({ value: arrow.vectorFromArray(['1'], new arrow.Utf8()) }), 'observations: value: Utf8 where a number is wanted', { column: 'value' }],
  ['artists as numbers', table({ artist_id: arrow.vectorFromArray([1], new arrow.Int32()) }), 'observations: artist_id: Int32 where text is wanted', { column: 'artist_id' }],
  ['times as numbers', table({ observed_at: arrow.vectorFromArray([1774828800n], new arrow.Int64()) }), 'observations: observed_at: Int64 where a date, a timestamp with a zone, or text is wanted', { column: 'observed_at' }],
  ['times without a zone', table({ observed_at: arrow.vectorFromArray([1774828800000], new arrow.TimestampMillisecond()) }), 'observations: observed_at: Timestamp(ms) where a timestamp with a zone is wanted', { column: 'observed_at' }],
  ['a null value', table({ value: arrow.vectorFromArray([null], new arrow.Float64()) }), 'observations row 0: value: null', { row: 0, column: 'value' }],
  ['a null artist', table({ artist_id: arrow.vectorFromArray([null], new arrow.Utf8()) }), 'observations row 0: artist_id: null', { row: 0, column: 'artist_id' }],
  ['a huge integer', table({ value: arrow.vectorFromArray([2n ** 60n], new arrow.Int64()) }), 'observations row 0: value: 1152921504606847000 is beyond 2^53', { row: 0, column: 'value' }],
  ['an unknown metric', table({ metric: arrow.vectorFromArray(['plays'], new arrow.Utf8()) }), 'observations row 0: metric: unknown metric `plays`', { row: 0, column: 'metric', value: 'plays' }],
  ['a negative value', table({ value: arrow.vectorFromArray([-1], new arrow.Float64()) }), 'observations row 0: value -1 is not a finite number', { row: 0, column: 'value', value: '-1' }],
  ['another typed array', new Uint16Array(4), 'observations: a Uint16Array is not rows', {}],
]) {
  test(`Arrow: ${name}`, async () => {
    refused(() => score(bytes, { asOf }), message, { table: 'observations', ...place })
    await rejected(scoreAsync(bytes, { asOf }), message, { table: 'observations', ...place })
  })
}

test('an empty Arrow table still needs its columns', () => {
  const empty = (columns) => arrow.tableToIPC(new arrow.Table(new arrow.Schema(columns.map(([name, type]) => new arrow.Field(name, type)))))
  const all = [['artist_id', new arrow.Utf8()], ['platform', new arrow.Utf8()], ['metric', new arrow.Utf8()], ['observed_at', new arrow.DateDay()], ['value', new arrow.Float64()]]
  assert.deepEqual(score(empty(all), { asOf }), [])
  refused(() => score(empty(all.slice(0, 4)), { asOf }), 'observations: value: there is no such column; there are artist_id, platform, metric, observed_at')
})

test('fan columns are checked like the others', () => {
  const good = { artistId: 'a', fanId: ['f', 'g'], kind: ['stream', 'like'], occurredAt: ['2026-03-01', '2026-03-02'] }
  assert.equal(fans(good, { asOf }).fans.length, 2)
  refused(() => fans({ ...good, kind: ['stream', 'streem'] }, { asOf }), 'fanEvents: kind: unknown fan event `streem`')
  refused(() => fans({ ...good, amount: Float64Array.of(1, -1) }, { asOf }), 'fanEvents row 1: amount: ', { row: 1, column: 'amount', value: '-1' })
  refused(() => fans({ ...good, count: Int32Array.of(1, 1) }, { asOf }), 'fanEvents: count: Int32Array where a Uint32Array is wanted')
  refused(() => fans({ ...good, fanId: undefined }, { asOf }), 'fanEvents: fanId: missing')
  refused(() => fans('events', { asOf }), "fanEvents: 'events' is not rows")
})

test('fans go with objects', () => {
  for (const output of ['columns', 'arrow']) refused(() => score([observation()], { asOf, fans: [fanEvent()], output }), 'fans: go with the output objects', { column: 'fans' })
  refused(() => score([observation()], { asOf, fans: [fanEvent({ amount: -1 })] }), 'fanEvents row 0: amount: ', { row: 0, column: 'amount' })
  refused(() => score([observation()], { asOf, fans: [fanEvent({ currency: 5 })] }), 'fanEvents row 0: currency: 5 is not a string', { row: 0, column: 'currency' })
  refused(() => score([observation()], { asOf, fans: [fanEvent({ amount: 1, currency: 'EUR' }), fanEvent({ amount: 1, currency: 'USD' })] }), 'fanEvents row 1: amounts are in EUR, USD', { table: 'fanEvents', row: 1 })
})

test('a wrong argument is named', async () => {
  refused(() => score('rows', { asOf }), "observations: 'rows' is not rows: an array of objects, an object of columns, or the bytes of Arrow IPC")
  refused(() => score(undefined, { asOf }), 'observations: undefined is not rows')
  refused(() => score([], { asOf, posts: 5 }), 'posts: 5 is not rows')
  refused(() => score([]), 'options: undefined is not an object', { column: 'options' })
  refused(() => score([], {}), 'asOf: missing', { column: 'asOf' })
  refused(() => score([], { asOf: 'tomorrow' }), 'asOf: `tomorrow` is not a date')
  refused(() => score([], { asOf: new Date(NaN) }), 'asOf: Invalid Date is not a time')
  refused(() => score([], { asOf, output: 'csv' }), "output: 'csv' is not one of objects, columns, arrow")
  refused(() => score([], { asOf, window: 30 }), 'options: there is no option window; the known ones are asOf, posts, fans, output', { column: 'window' })
  for (const windowDays of [13.5, -1, NaN, '30']) refused(() => score([], { asOf, windowDays }), 'windowDays: ', { column: 'windowDays' })
  refused(() => score([], { asOf, windowDays: 13 }), 'windowDays is 13, outside 14 to 366', { column: 'windowDays', value: '13' })
  await rejected(scoreAsync('rows', { asOf }), "observations: 'rows' is not rows")
  await rejected(scoreAsync([observation({ value: -1 })], { asOf }), 'observations row 0: value: -1 is not')
  await rejected(fansAsync([], {}), 'asOf: missing')
  refused(() => explain([], {}), 'asOf: missing')
})

test('wrong settings are named as JavaScript has them', () => {
  refused(() => new Engine({ windowDays: 3 }), 'windowDays is 3, outside 14 to 366', { column: 'windowDays', value: '3' })
  refused(() => new Engine({ fanValue: { growthWeigt: 1 } }), 'settings: unknown field `growthWeigt`, expected one of `engagementWeight`, `growthWeight`')
  refused(() => new Engine({ momentum: { minWeekDays: 9 } }), 'momentum.minWeekDays is 9, outside 1 to 7', { column: 'momentum.minWeekDays', value: '9' })
  refused(() => new Engine({ viral: { sigmas: NaN } }), 'settings: viral.sigmas: NaN is not a finite number', { column: 'viral.sigmas' })
  refused(() => new Engine({ windowDays: 'long' }), 'settings: invalid type: string "long", expected u32')
})

test('live artists, series, releases and models are checked', () => {
  const live = new LiveArtist('a')
  refused(() => live.observe(observation({ value: -1 })), 'value -1 is not a finite number', { column: 'value', value: '-1' })
  refused(() => live.observe(observation({ metric: 'plays' })), 'metric: unknown metric `plays`', { column: 'metric', value: 'plays' })
  refused(() => live.observe(observation({ observedAt: 'now' })), 'observedAt: `now` is not a date', { column: 'observedAt' })
  refused(() => live.observePost(post({ likes: -1 })), 'posts row 0: likes: -1 is not a whole number', { column: 'likes' })
  refused(() => new LiveArtist(7), 'artistId: 7 is not a string')
  refused(() => viral({ start: '2026-01-01', values: [1, -2] }), 'reading 1 is -2, outside 0 to 1e15')
  refused(() => viral({ start: '2026-01-01', values: [1, '2'] }), "values: position 1: '2' is not a number", { row: 1 })
  refused(() => viral({ values: [] }), 'start: missing')
  refused(() => releases({ asOf }), 'a release window needs a momentum index', { code: 'INSUFFICIENT_DATA' })
  refused(() => releases({ asOf, momentum: 11 }), 'momentum index 11 is outside 0 to 10')
  refused(() => releases({ asOf, momentum: 5, competition: [{ day: 'x', followers: 1 }] }), 'competition day: `x` is not a date')
  refused(() => new BreakoutModel('{}'), 'this is no model file')
  refused(() => breakout({ format: 'fanpulse-breakout', version: 9 }, []), 'model file has version 9, this release reads 1')
})

test("an error of the caller's own comes through", async () => {
  const gone = new RangeError('gone')
  const row = Object.defineProperty(observation(), 'value', { get: () => { throw gone } })
  assert.throws(() => score([row], { asOf }), (e) => e === gone)
  await assert.rejects(scoreAsync([row], { asOf }), (e) => e === gone)
})

test('errors are FanPulseErrors with a stack', () => {
  const e = (() => { try { return score([], { asOf: 'x' }) } catch (error) { return error } })()
  assert.ok(e instanceof FanPulseError && e instanceof Error)
  assert.match(e.stack, /^FanPulseError: asOf: .*errors\.test\.mjs/s)
})

test('columns of many artists name the row that is wrong', () => {
  const { observations } = many(300)
  const value = Float64Array.from(observations, (row) => row.value)
  value[17_001] = -4
  const { names } = coded(observations.map((row) => row.artistId))
  assert.equal(names.length, 300)
  refused(() => score({ ...observationColumns(observations), value }, { asOf }), 'observations row 17001: value -4', { row: 17_001, value: '-4' })
})
