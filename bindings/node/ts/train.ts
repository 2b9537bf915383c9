import { type Request, options } from './call.js'
import { invalid, shown, wrongField } from './error.js'
import type { TrainOptions, TrainingExample } from './inputs.js'
import type { TrainInput } from './native.js'
import { snakeJson } from './settings-names.js'
import type { Steps } from './steps.js'
import { Names, packed } from './text.js'
import { MICROS_PER_DAY, dayText, micros } from './time.js'

const TABLE = 'examples'
const OPTIONS = ['calibrateFrom', 'testFrom', 'trainFrom', 'testUntil', 'features', 'rankings', 'task', 'signal']
const OWN = new Set(['id', 'date', 'known', 'label'])

/** Examples per step. */
const STEP = 256

/** Reads what a call of `train` was given. @internal */
export function* trainRequest(examples: readonly TrainingExample[], given: TrainOptions): Steps<Request<TrainInput>> {
  const { calibrateFrom, testFrom, trainFrom, testUntil, rankings = [], task = {}, features } = options(given, OPTIONS)
  if (!Array.isArray(examples)) throw invalid(`${TABLE}: ${shown(examples)} is not a list`, { table: TABLE })
  const names = listed(features, 'features') ?? (yield* namesOf(examples, rankings))
  const ranks = listed(rankings, 'rankings') ?? []
  const rows = examples.length
  const [ids, dates, known] = [new Array<unknown>(rows), new Array<number>(rows), new Array<number>(rows)]
  const labels = new Uint8Array(rows)
  const [values, ranked] = [new Float64Array(rows * names.length), new Float64Array(rows * ranks.length)]
  for (let i = 0; i < rows; i += 1) {
    const row: unknown = examples[i]
    if (typeof row !== 'object' || row === null) throw wrongField(TABLE, i, 'row', `${shown(row)} is not an object`, row)
    const { id, date, known: since, label } = row as TrainingExample
    ids[i] = id
    dates[i] = day(i, 'date', date)
    known[i] = day(i, 'known', since)
    if (label !== true && label !== false && label !== 0 && label !== 1) throw wrongField(TABLE, i, 'label', label == null ? 'missing' : `${shown(label)} is not true, false, 0 or 1`, label)
    labels[i] = Number(label)
    names.forEach((name, j) => (values[i * names.length + j] = figure(i, name, row as Record<string, unknown>)))
    ranks.forEach((name, j) => (ranked[i * ranks.length + j] = figure(i, name, row as Record<string, unknown>)))
    if (i % STEP === 0) yield
  }
  const optional = (at: TrainOptions['trainFrom'], name: string): string | undefined => (at == null ? undefined : dayText(at, name))
  const input = {
    ids: yield* packed(ids, TABLE, 'id'),
    dates,
    known,
    labels,
    features: names,
    values,
    rankings: ranks,
    ranked,
    trainFrom: optional(trainFrom, 'trainFrom'),
    calibrateFrom: dayText(calibrateFrom, 'calibrateFrom'),
    testFrom: dayText(testFrom, 'testFrom'),
    testUntil: optional(testUntil, 'testUntil'),
    task: snakeJson(task, 'task'),
  }
  return { input, artists: new Names(), buffers: [] }
}

/** All names that are neither an example's own nor a ranking, in the order of first sight. */
function* namesOf(examples: readonly TrainingExample[], rankings: readonly string[]): Steps<string[]> {
  const names = new Set<string>()
  for (let i = 0; i < examples.length; i += 1) {
    for (const name of Object.keys(examples[i] ?? {})) if (!OWN.has(name) && !rankings.includes(name)) names.add(name)
    if (i % STEP === 0) yield
  }
  return [...names]
}

function listed(names: unknown, what: string): string[] | undefined {
  if (names == null) return undefined
  if (!Array.isArray(names)) throw invalid(`${what}: ${shown(names)} is not a list of names`, { column: what })
  for (const name of names as unknown[]) if (typeof name !== 'string') throw invalid(`${what}: ${shown(name)} is not a string`, { column: what, value: shown(name) })
  return names as string[]
}

function day(row: number, column: string, value: unknown): number {
  const at = value == null ? 'missing' : micros(value)
  if (typeof at === 'string') throw wrongField(TABLE, row, column, at, value)
  return Math.floor(at / MICROS_PER_DAY)
}

/** A number, a truth value as 1 or 0; missing is NaN. */
function figure(row: number, name: string, example: Record<string, unknown>): number {
  const value = Object.hasOwn(example, name) ? example[name] : null
  if (value == null) return NaN
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value)
  throw wrongField(TABLE, row, name, `${shown(value)} is neither a number nor a truth value`, value)
}
