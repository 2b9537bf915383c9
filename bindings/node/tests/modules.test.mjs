// What the package exports, as an ES module and as CommonJS.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { test } from 'node:test'

import * as fanpulse from 'fanpulse'

import { source } from './rows.mjs'

const require = createRequire(import.meta.url)
const exported = ['BreakoutModel', 'Engine', 'FanPulseError', 'LiveArtist', 'SpikeStream', 'alerts', 'breakout', 'clusters', 'clustersAsync', 'explain', 'explainAsync', 'fans', 'fansAsync', 'releases', 'score', 'scoreAsync', 'train', 'trainAsync', 'viral', 'viralAsync']

test('CommonJS and ES modules give the same', () => {
  const required = require('fanpulse')
  assert.deepEqual(Object.keys(required).sort(), exported)
  for (const name of exported) assert.equal(fanpulse[name], required[name], name)
})

test('the package that is tested is the packed one, and holds what it needs', () => {
  const folder = path.dirname(require.resolve('fanpulse/package.json'))
  assert.ok(!folder.startsWith(source), folder)
  assert.deepEqual(readdirSync(folder).sort(), ['README.md', 'dist', 'fanpulse.node', 'package.json'])
  assert.ok(!('dependencies' in require('fanpulse/package.json')))
})
