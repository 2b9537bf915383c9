// The same rows as objects, columns and Arrow, in and out: the same bits.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Engine, FanPulseError, LiveArtist, explain, fans, fansAsync, score, scoreAsync } from 'fanpulse'

import { asOf, coded, development, fanEvent, growing, many, observation, observationColumns, post, postColumns } from './rows.mjs'

const arrow = development('apache-arrow')
const { observations, posts } = many(40)
const expected = score(observations, { asOf, posts })

test('rows give one analysis per artist, in the order of their first row', () => {
  assert.equal(expected.length, 40)
  assert.deepEqual(expected.map((a) => a.artistId).slice(0, 2), ['artist-0', 'artist-1'])
  assert.ok(expected.some((a) => a.viral.posts.length > 0) && expected.some((a) => a.viral.posts.length === 0))
  assert.deepEqual(score([], { asOf }), [])
  assert.deepEqual(score([], { asOf, posts: [] }), [])
})

test('the order of the rows plays no part', () => {
  const shuffled = observations.map((row, i) => [(i * 7919) % observations.length, row]).sort((a, b) => a[0] - b[0]).map(([, row]) => row)
  const byArtist = (list) => list.toSorted?.((a, b) => (a.artistId < b.artistId ? -1 : 1)) ?? [...list].sort((a, b) => (a.artistId < b.artistId ? -1 : 1))
  assert.deepStrictEqual(byArtist(score(shuffled, { asOf, posts })), byArtist(expected))
})

test('times may be dates, instants and Dates', () => {
  for (const observedAt of [(t) => new Date(t), (t) => `${t}T00:00:00Z`, (t) => `${t}T02:00:00.000000+02:00`, (t) => `${t}T00:00:00.000Z`]) {
    const rows = observations.map((row) => ({ ...row, observedAt: observedAt(row.observedAt) }))
    assert.deepStrictEqual(score(rows, { asOf, posts }), expected)
  }
  assert.deepStrictEqual(score(observations, { asOf: new Date(`${asOf}T23:00:00Z`), posts }), expected)
})

test('a post shows the instant that it was given, in whatever form', () => {
  for (const day of ['2000-02-29', '2024-02-29', '2024-03-01', '2100-03-01', '2199-12-31', '1999-12-31']) {
    for (const [publishedAt, shown] of [
      [`${day}T23:59:58Z`],
      [`${day} 23:59:58Z`, `${day}T23:59:58Z`],
      [`${day}T21:59:58-02:00`, `${day}T23:59:58Z`],
      [`${day}T23:59:58.250Z`],
      [new Date(`${day}T23:59:58Z`), `${day}T23:59:58Z`],
      [day, `${day}T00:00:00Z`],
    ]) {
      const usual = Array.from({ length: 100 }, (_, i) => post({ postId: `p${i}`, publishedAt: `${day}T10:00:${i % 60 < 10 ? 0 : ''}${i % 60}Z`, likes: 50 + (i % 3) }))
      for (const at of [0, 80, 100]) {
        const [{ viral }] = score([], { asOf: day, posts: [...usual.slice(0, at), post({ postId: 'new', publishedAt, likes: 5000 }), ...usual.slice(at)] })
        assert.deepEqual(viral.posts.map((p) => [p.postId, p.publishedAt]), [['new', shown ?? publishedAt]])
      }
    }
  }
})

test('undefined, null and absent counts are unknown', () => {
  const once = score(growing(), { asOf, posts: [post()] })
  assert.deepStrictEqual(score(growing(), { asOf, posts: [post({ shares: null, views: undefined })] }), once)
})

test('a repeat counts once', () => {
  assert.deepStrictEqual(score([...observations, ...observations], { asOf, posts: [...posts, ...posts] }), expected)
  const columns = score([...observations, observations[0]], { asOf, posts: [...posts, posts[3]], output: 'columns' })
  assert.equal(columns.droppedRows, 2)
})

test('posts keep their ids, whatever their order and however alike the ids are', () => {
  const artists = [...new Set(posts.map((row) => row.artistId))].reverse()
  const reversed = artists.flatMap((id) => posts.filter((row) => row.artistId === id))
  assert.deepStrictEqual(score(observations, { asOf, posts: reversed }), expected)
  const renamed = (name) => (analysis) => ({ ...analysis, viral: { ...analysis.viral, posts: analysis.viral.posts.map((p) => ({ ...p, postId: name(p.postId) })) } })
  for (const name of [(id) => `${id}-which-all-end-alike`, (id) => `${id.at(-1)}-ünïcode-${id}`]) {
    assert.deepStrictEqual(score(observations, { asOf, posts: posts.map((row) => ({ ...row, postId: name(row.postId) })) }), expected.map(renamed(name)))
  }
})

test('a post is repeated where artist, platform and id are the same', () => {
  const other = (i) => post({ postId: `p${i}`, likes: i === 2999 ? 5000 : 50 + (i % 7), publishedAt: `2026-03-${String((i % 28) + 1).padStart(2, '0')}` })
  const dropped = (rows) => score(growing(), { asOf, posts: rows, output: 'columns' }).droppedRows
  const [{ viral }] = score(growing(), { asOf, posts: Array.from({ length: 3000 }, (_, i) => other(i)) })
  assert.deepEqual(viral.posts.map((p) => p.postId), ['p2999'])
  assert.equal(dropped([other(1), other(2), { ...other(1), platform: 'instagram' }, { ...other(1), artistId: 'b' }]), 0)
  assert.equal(dropped([other(1), other(2), { ...other(1), platform: 'instagram' }, other(1)]), 1)
  assert.equal(dropped([...Array.from({ length: 3000 }, (_, i) => other(i)), other(0)]), 1)
})

test('a call leaves nothing for the next, nor for one within it', () => {
  const few = score(growing(), { asOf, posts: [post()] })
  assert.deepStrictEqual(score(observations, { asOf, posts }), expected)
  assert.deepStrictEqual(score(growing(), { asOf, posts: [post()] }), few)
  let inner
  const nosy = observations.map((row, i) => (i === 77 ? { ...row, get value() { inner = score(growing(), { asOf, posts: [post()] }); return row.value } } : row))
  assert.deepStrictEqual(score(nosy, { asOf, posts }), expected)
  assert.deepStrictEqual(inner, few)
})

for (const [name, change] of Object.entries({
  'codes of names': (c) => c,
  'codes of every width': ({ artistId, platform, metric, ...c }) => {
    const as = (Codes, { codes, names }) => ({ codes: Codes.from(codes), names })
    return { ...c, artistId: as(Uint16Array, artistId), platform: as(Uint32Array, platform), metric: as(Uint8Array, metric) }
  },
  'signed codes': ({ artistId, ...c }) => ({ ...c, artistId: { codes: Int32Array.from(artistId.codes), names: artistId.names } }),
  'texts': (c) => ({ ...c, artistId: observations.map((row) => row.artistId), metric: observations.map((row) => row.metric) }),
  'one platform for all': (c) => ({ ...c, platform: 'spotify' }),
  'components': ({ platform, metric, ...c }) => {
    const { codes, names } = coded(observations.map((row) => row.metric), Uint16Array)
    return { ...c, component: { codes, names: names.map((name) => ({ platform: 'spotify', metric: name })) } }
  },
  'narrow codes of components': ({ platform, metric, ...c }) => {
    const { codes, names } = coded(observations.map((row) => row.metric), Uint8Array)
    return { ...c, component: { codes, names: names.map((name) => ({ platform: 'spotify', metric: name })) } }
  },
  'fractions of milliseconds': ({ day, ...c }) => ({ ...c, observedAt: Float64Array.from(day, (d) => d * 86_400_000 + 0.25) }),
  'milliseconds': ({ day, ...c }) => ({ ...c, observedAt: Float64Array.from(day, (d) => d * 86_400_000) }),
  'big milliseconds': ({ day, ...c }) => ({ ...c, observedAt: BigInt64Array.from(day, (d) => BigInt(d * 86_400_000)) }),
  'Dates': ({ day, ...c }) => ({ ...c, observedAt: Array.from(day, (d) => new Date(d * 86_400_000)) }),
})) {
  test(`columns in: ${name}`, async () => {
    const columns = change(observationColumns(observations))
    assert.deepStrictEqual(score(columns, { asOf, posts: postColumns(posts) }), expected)
    assert.deepStrictEqual(score(columns, { asOf, posts }), expected)
    assert.deepStrictEqual(await scoreAsync(columns, { asOf, posts: postColumns(posts) }), expected)
  })
}

test('columns may be parts of larger buffers', () => {
  const columns = observationColumns(observations)
  const value = new Float64Array(columns.value.length + 3).fill(-1)
  value.set(columns.value, 2)
  assert.deepStrictEqual(score({ ...columns, value: value.subarray(2, -1) }, { asOf, posts }), expected)
})

test('columns out say what objects say', async () => {
  const columns = score(observations, { asOf, posts, output: 'columns' })
  assert.deepEqual(columns.artistId, expected.map((a) => a.artistId))
  const figure = (x) => (Number.isNaN(x) ? null : x)
  expected.forEach((analysis, i) => {
    assert.equal(figure(columns.fvs[i]), analysis.fvs?.score ?? null)
    assert.equal(figure(columns.momentum[i]), analysis.momentum?.index ?? null)
    assert.equal(columns.status.names[columns.status.codes[i]], analysis.momentum?.status)
    assert.equal(figure(columns.velocitySe[i]), analysis.momentum?.velocitySe ?? null)
    assert.equal(figure(columns.breakout[i]), analysis.breakout?.probability ?? null)
    assert.equal(columns.breakoutLevel.names[columns.breakoutLevel.codes[i]], analysis.breakout?.level)
    assert.equal(columns.viralPosts[i], analysis.viral.posts.length)
  })
  const viral = expected.flatMap((a) => a.viral.posts.map((p) => [a.artistId, p.postId, p.engagement, p.mean, p.sd, p.z, p.lift, p.others]))
  const { viral: v } = columns
  assert.deepEqual(
    Array.from(v.artist, (artist, i) => [columns.artistId[artist], posts[v.row[i]].postId, v.engagement[i], v.mean[i], v.sd[i], figure(v.z[i]), figure(v.lift[i]), v.others[i]]),
    viral,
  )
  assert.deepStrictEqual(await scoreAsync(observationColumns(observations), { asOf, posts, output: 'columns' }), columns)
})

test('viral rows are those of the posts that were given, repeats included', () => {
  const { viral } = score(observations, { asOf, posts: [posts[0], ...posts], output: 'columns' })
  const plain = score(observations, { asOf, posts, output: 'columns' }).viral
  assert.ok(plain.row.length > 0)
  assert.deepEqual(Array.from(viral.row), Array.from(plain.row, (row) => (row === 0 ? 0 : row + 1)))
})

test('posts without ids are all different, and named by row', () => {
  const { postId, ...columns } = postColumns(posts)
  const [withIds, without] = [score(observations, { asOf, posts, output: 'columns' }), score(observations, { asOf, posts: columns, output: 'columns' })]
  assert.deepEqual(without, withIds)
  assert.ok(score(observations, { asOf, posts: columns }).every((a) => a.viral.posts.every((p) => p.postId === '')))
})

const table = (rows, types) =>
  new arrow.Table(Object.fromEntries(Object.entries(types).map(([name, [type, of]]) => [name, arrow.vectorFromArray(rows.map(of), type)])))
const utf8 = () => new arrow.Utf8()
const observationTable = (changes = {}) =>
  table(observations, {
    artist_id: [new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()), (row) => row.artistId],
    platform: [utf8(), (row) => row.platform],
    metric: [new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8()), (row) => row.metric],
    observed_at: [new arrow.DateDay(), (row) => new Date(row.observedAt)],
    value: [new arrow.Float64(), (row) => row.value],
    ...changes,
  })
const postTable = () =>
  table(posts, {
    artistId: [utf8(), (row) => row.artistId],
    platform: [utf8(), (row) => row.platform],
    postId: [utf8(), (row) => row.postId],
    publishedAt: [new arrow.TimestampMicrosecond('UTC'), (row) => Date.parse(row.publishedAt)],
    likes: [new arrow.Int32(), (row) => row.likes],
    comments: [new arrow.Float64(), (row) => row.comments],
    shares: [new arrow.Int64(), (row) => BigInt(row.shares)],
    saves: [new arrow.Uint16(), (row) => row.saves],
    views: [new arrow.Int32(), (row) => row.views],
  })

for (const format of ['stream', 'file']) {
  test(`Arrow in, as a ${format}`, async () => {
    const [o, p] = [observationTable(), postTable()].map((t) => arrow.tableToIPC(t, format))
    assert.deepStrictEqual(score(o, { asOf, posts: p }), expected)
    assert.deepStrictEqual(await scoreAsync(o, { asOf, posts: p }), expected)
    assert.deepStrictEqual(score(o, { asOf, posts }), expected)
    assert.deepStrictEqual(score(observations, { asOf, posts: p }), expected)
    assert.deepStrictEqual(score(o, { asOf, posts: p, output: 'columns' }), score(observations, { asOf, posts, output: 'columns' }))
  })
}

for (const [name, changes] of Object.entries({
  'timestamps with a zone': { observed_at: [new arrow.TimestampMillisecond('Europe/Berlin'), (row) => Date.parse(row.observedAt)] },
  'text as times': { observed_at: [utf8(), (row) => `${row.observedAt}T00:00:00Z`] },
  'whole numbers as values': { value: [new arrow.Int32(), (row) => row.value] },
})) {
  test(`Arrow in: ${name}`, () => assert.deepStrictEqual(score(arrow.tableToIPC(observationTable(changes)), { asOf, posts }), expected))
}

test('Arrow out has the columns of `fanpulse score`', async () => {
  const bytes = score(observations, { asOf, posts, output: 'arrow' })
  const read = arrow.tableFromIPC(bytes)
  const columns = score(observations, { asOf, posts, output: 'columns' })
  assert.equal(read.numRows, 40)
  assert.deepEqual(read.schema.names.slice(0, 7), ['artist_id', 'as_of', 'window_days', 'algorithm', 'settings_hash', 'status', 'breakout_level'])
  const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())
  for (const name of read.schema.names) {
    const [got, want] = [[...read.getChild(name)], columns[camel(name)]]
    if (want instanceof Float64Array) assert.deepEqual(got, Array.from(want, (x) => (Number.isNaN(x) ? null : x)), name)
    else if (want instanceof Uint32Array) assert.deepEqual(got, Array.from(want), name)
    else if (want.codes) assert.deepEqual(got, Array.from(want.codes, (code) => want.names[code] ?? null), name)
    else if (Array.isArray(want)) assert.deepEqual(got, want, name)
    else if (name === 'as_of') assert.deepEqual(new Set(got.map(Number)), new Set([Date.parse(asOf)]))
    else assert.deepEqual(new Set(got), new Set([want]), name)
  }
  assert.deepStrictEqual(await scoreAsync(observations, { asOf, posts, output: 'arrow' }), bytes)
  assert.equal(arrow.tableFromIPC(score([], { asOf, output: 'arrow' })).numRows, 0)
})

test('an artist can be explained in words', () => {
  const text = explain(observations, { asOf, posts, artistId: 'artist-3' })
  assert.ok(text.startsWith('artist-3\n') && text.includes('velocity'), text)
  assert.equal(explain(growing('low-tide'), { asOf }).split('\n')[0], 'low-tide')
  assert.throws(() => explain(observations, { asOf, artistId: 'nobody' }), { code: 'NOT_FOUND', message: 'no row is of an artist `nobody`' })
  assert.throws(() => explain(observations, { asOf }), { code: 'INVALID_INPUT', message: 'artistId: missing, and the rows are of 40 artists' })
})

test('an engine has its settings', () => {
  const engine = new Engine({ windowDays: 14, momentum: { velocityWeight: 0.5 } })
  assert.equal(engine.settings.windowDays, 14)
  assert.equal(engine.settings.momentum.velocityWeight, 0.5)
  assert.deepEqual(new Engine(engine.settings).settings, engine.settings)
  assert.equal(new Engine(engine.settings).settingsHash, engine.settingsHash)
  assert.notEqual(engine.settingsHash, new Engine().settingsHash)
  const [analysis] = engine.score(growing(), { asOf })
  assert.equal(analysis.settingsHash, engine.settingsHash)
  assert.deepStrictEqual(analysis.windowDays, 14)
  assert.deepStrictEqual(score(growing(), { asOf, windowDays: 14 })[0].momentum, new Engine({ windowDays: 14 }).score(growing(), { asOf })[0].momentum)
})

test('a live artist takes rows in any order, and counts repeats', () => {
  const live = new LiveArtist('a')
  for (const row of growing().reverse()) live.observe(row)
  live.observe(growing()[3])
  assert.equal(live.droppedRows, 1)
  assert.deepStrictEqual(live.analyze({ asOf }), score(growing(), { asOf })[0])
  assert.throws(() => live.observe(observation({ value: 7 })), FanPulseError)
  for (let i = 0; i < 8; i += 1) live.observePost(post({ postId: `p${i}`, likes: 1 }))
  live.observePost(post({ postId: 'p3', likes: 500 }))
  assert.equal(live.analyze({ asOf }).viral.posts[0].postId, 'p3')
  assert.equal(new Engine().live('b').analyze({ asOf }).artistId, 'b')
  assert.equal(live.artistId, 'a')
  const posts = Array.from({ length: 8 }, (_, i) => post({ postId: `p${i}`, likes: i === 3 ? 500 : 1 }))
  assert.equal(live.explain({ asOf }), explain(growing(), { asOf, posts }))
})

const events = Array.from({ length: 600 }, (_, i) =>
  fanEvent({
    artistId: `artist-${i % 2}`,
    fanId: `fan-${(i * i) % 37}`,
    kind: ['stream', 'share', 'purchase', 'like'][i % 4],
    occurredAt: new Date(Date.UTC(2026, 0, 1 + (i % 88))),
    amount: i % 4 === 2 ? 5 + (i % 9) : null,
    count: 1 + (i % 3),
  }),
)

test('fans: objects, columns and Arrow say the same', async () => {
  const report = fans(events, { asOf })
  assert.deepEqual(report.artists.map((a) => a.artistId), ['artist-0', 'artist-1'])
  assert.equal(report.artists[0].fans, report.fans.filter((f) => f.artistId === 'artist-0').length)
  const columns = {
    artistId: coded(events.map((e) => e.artistId)),
    fanId: events.map((e) => e.fanId),
    kind: coded(events.map((e) => e.kind), Int8Array),
    occurredAt: Float64Array.from(events, (e) => e.occurredAt.getTime()),
    amount: Float64Array.from(events, (e) => e.amount ?? NaN),
    count: Uint32Array.from(events, (e) => e.count),
  }
  assert.deepStrictEqual(fans(columns, { asOf }), report)
  assert.deepStrictEqual(await fansAsync(columns, { asOf }), report)
  const bytes = arrow.tableToIPC(
    table(events, {
      artist_id: [utf8(), (e) => e.artistId],
      fan_id: [utf8(), (e) => e.fanId],
      kind: [utf8(), (e) => e.kind],
      occurred_at: [new arrow.TimestampMillisecond('UTC'), (e) => e.occurredAt.getTime()],
      amount: [new arrow.Float64(), (e) => e.amount],
      count: [new arrow.Int32(), (e) => e.count],
    }),
  )
  assert.deepStrictEqual(fans(bytes, { asOf }), report)
  const out = fans(events, { asOf, output: 'columns' }).fans
  assert.deepEqual(Array.from(out.fanId.codes, (code) => out.fanId.names[code]), report.fans.map((f) => f.fanId))
  assert.deepEqual(Array.from(out.engagement), report.fans.map((f) => f.engagement))
  assert.deepEqual(Array.from(out.tier.codes, (code) => out.tier.names[code]), report.fans.map((f) => f.tier))
  const read = arrow.tableFromIPC(fans(events, { asOf, output: 'arrow' }).fans)
  assert.deepEqual([...read.getChild('value')], report.fans.map((f) => f.value))
  assert.deepEqual([...read.getChild('segment')], report.fans.map((f) => f.segment))
  assert.equal(fans([fanEvent({ occurredAt: '2026-05-01' })], { asOf }).laterEvents, 1)
  assert.deepEqual(fans([], { asOf }), { fans: [], artists: [], laterEvents: 0 })
})

test('objects are the same where code must not be made of text', () => {
  const rows = many(5)
  const script = "import { score } from 'fanpulse'; const [rows, asOf] = JSON.parse(process.argv[1]); console.log(JSON.stringify(score(rows.observations, { asOf, posts: rows.posts })))"
  const options = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script, JSON.stringify([rows, asOf])]
  const out = execFileSync(process.execPath, options, { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8' })
  assert.deepEqual(JSON.parse(out), JSON.parse(JSON.stringify(score(rows.observations, { asOf, posts: rows.posts }))))
})
