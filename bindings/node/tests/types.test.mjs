// The types: the examples compile under `--strict`, and results are what the types say, no field more and none less.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

import { Engine, alerts, breakout, clusters, fans, releases, score } from 'fanpulse'

import { asOf, data, development, fanEvent, many } from './rows.mjs'

const here = fileURLToPath(new URL('..', import.meta.url))
const tsc = development.resolve('typescript/bin/tsc')

/** Compiles files as a user would, without Node's own types, which are not installed here. */
function compile(files, ...options) {
  const all = ['--strict', '--noEmit', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--target', 'es2022', '--module', 'nodenext', ...options, ...files]
  try {
    execFileSync(process.execPath, [tsc, ...all], { cwd: here, encoding: 'utf8' })
  } catch (e) {
    assert.fail(e.stdout)
  }
}

const { observations, posts } = many(12)
const golden = JSON.parse(gunzipSync(readFileSync(path.join(data, 'golden.json.gz'))))
const camel = (row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), value]))
const vector = (file, i) => JSON.parse(readFileSync(path.join(data, 'vectors', file)))[i].input

test('results have exactly the fields of their types', () => {
  const analyses = golden.flatMap((one) => {
    const [o, p] = [one.observations, one.posts].map((table) => table.map((row) => ({ artistId: one.artist_id, ...camel(row) })))
    return score(o, { asOf: one.as_of, windowDays: one.window_days, posts: p })
  })
  const events = Array.from({ length: 400 }, (_, i) => fanEvent({ fanId: `f${i % 130}`, kind: i % 3 ? 'stream' : 'purchase', amount: i % 3 ? null : 9, occurredAt: `2026-03-${String((i % 28) + 1).padStart(2, '0')}` }))
  const series = vector('spikes.json', 0)
  const release = vector('releases.json', 0)
  const model = vector('breakout.json', 0)
  const results = {
    Analysis: [...analyses, ...score(observations, { asOf, posts }), ...score(observations, { asOf, posts, fans: events })],
    FanReport: [fans(events, { asOf }), fans(events.slice(0, 5), { asOf })],
    SeriesReport: [new Engine().viral({ start: series.start, stepSeconds: series.step_seconds, values: series.values })],
    ReleaseWindow: releases(Object.fromEntries(Object.entries(release).map(([name, value]) => [name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), value]))),
    Prediction: breakout(model.model, model.features),
    Settings: [new Engine().settings],
    AlertReport: [alerts(analyses.slice(0, 1), { now: asOf, rules: [{ id: 'held', kind: 'growth_stall', operator: '<=', threshold: 100 }, { id: 'fans', kind: 'fvs_threshold', operator: '>=', threshold: 0 }] }), alerts(score(observations, { asOf, posts }), { now: asOf })],
    Cluster: clusters(events, { asOf }).clusters,
  }
  // A literal with a field that its type lacks does not compile, nor does one without a field that is not optional.
  const literals = Object.entries(results).map(([type, values]) => `export const of${type}: ${type}[] = ${JSON.stringify(values, null, 1)}`)
  mkdirSync(path.join(here, 'made'), { recursive: true })
  writeFileSync(path.join(here, 'made/literals.ts'), `import type { ${Object.keys(results).join(', ')} } from 'fanpulse'\n${literals.join('\n')}\n`)
  compile(['made/literals.ts'], '--lib', 'es2022')
})

test('columns have exactly the fields of their types', () => {
  const columns = score(observations, { asOf, posts, output: 'columns' })
  const report = fans([fanEvent()], { asOf, output: 'columns' })
  const kind = (value) => (ArrayBuffer.isView(value) ? `new ${value.constructor.name}(0)` : Array.isArray(value) ? '[]' : typeof value === 'object' ? `{ ${Object.entries(value).map(([name, inner]) => `${name}: ${kind(inner)}`).join(', ')} }` : JSON.stringify(value))
  const text = `import type { FanColumns, ScoreColumns } from 'fanpulse'\nexport const scores: ScoreColumns = ${kind(columns)}\nexport const fans: FanColumns = ${kind(report.fans)}\n`
  mkdirSync(path.join(here, 'made'), { recursive: true })
  writeFileSync(path.join(here, 'made/columns.ts'), text)
  compile(['made/columns.ts'], '--lib', 'es2022')
})

test('examples and uses compile, as ES modules and as CommonJS', () => {
  const examples = readdirSync(path.join(here, 'examples')).map((file) => `examples/${file}`)
  compile([...examples, 'tests/uses.ts'], '--lib', 'es2022,dom')
  const text = "import fanpulse = require('fanpulse')\nexport const analyses: fanpulse.Analysis[] = fanpulse.score([], { asOf: '2026-03-30' })\n"
  mkdirSync(path.join(here, 'made'), { recursive: true })
  writeFileSync(path.join(here, 'made/common.cts'), text)
  compile(['made/common.cts'], '--lib', 'es2022')
})

for (const file of readdirSync(path.join(here, 'examples'))) {
  test(`example: ${file} runs`, () => {
    const outDir = path.join(here, 'made/run')
    execFileSync(process.execPath, [tsc, '--outDir', outDir, '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2022,dom', `examples/${file}`], { cwd: here })
    const out = execFileSync(process.execPath, [path.join(outDir, file.replace(/ts$/, 'js'))], { cwd: here, encoding: 'utf8' })
    assert.ok(out.length > 20, out)
  })
}
