import { isTypedArray } from 'node:util/types'

import { alive, fanColumns, isDetached, observationColumns, postColumns } from './columns.js'
import { FanPulseError, invalid, ours, shown } from './error.js'
import type { AsOf, FanEvents, Observation, ObservationColumns, Observations, Output, Post, PostColumns, Posts, Signal, FanEvent, FanEventColumns } from './inputs.js'
import type { Memory } from './memory.js'
import { type FanInput, type FanOutput, type ScoreInput, type ScoreOutput, native } from './native.js'
import { fanRows, observationRows, postRows } from './rows.js'
import { type Steps, inSlices } from './steps.js'
import { Names, packed, unpacked } from './text.js'
import { dayText } from './time.js'
import type { Analysis, ArtistFans, Fan, FanColumns, FanReport, ScoreColumns } from './types.js'
import { columnsOf, unpack } from './unpack.js'

/** What the native side reads, and the callers' buffers that it reads in place. */
export interface Request<I> {
  input: I
  artists: Names
  buffers: ArrayBufferLike[]
  /** The ids of the posts by their rows, where the native side does not have them. */
  ids?: readonly string[]
}

type Form = ScoreInput['form']

const FORMS: Record<Output, Form> = { objects: 'Objects', columns: 'Columns', arrow: 'Arrow' } as Record<Output, Form>

/** Looks at the names of options. */
export function options<T extends object>(given: T | undefined, known: readonly string[]): T {
  if (typeof given !== 'object' || given === null) throw invalid(`options: ${shown(given)} is not an object`, { column: 'options' })
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw invalid(`options: there is no option ${name}; the known ones are ${known.join(', ')}`, { column: name })
  }
  return given
}

/** The day that a call is as of. */
export function asOf(given: AsOf): string {
  if (given.asOf == null) throw invalid('asOf: missing', { column: 'asOf' })
  return dayText(given.asOf, 'asOf')
}

function formOf(output: Output | undefined): Form {
  const form = FORMS[output ?? 'objects']
  if (form === undefined) throw invalid(`output: ${shown(output)} is not one of objects, columns, arrow`, { column: 'output', value: shown(output) })
  return form
}

/** The bytes of Arrow IPC, if that is what was given. */
function arrowBytes(given: unknown, table: string, buffers: ArrayBufferLike[]): Uint8Array | undefined {
  if (!isTypedArray(given) || given[Symbol.toStringTag] !== 'Uint8Array') return undefined
  const bytes = given as Uint8Array
  alive(bytes, (message) => invalid(`${table}: ${message}`, { table }))
  buffers.push(bytes.buffer)
  return bytes
}

function notRows(given: unknown, table: string): FanPulseError {
  const what = isTypedArray(given) ? `a ${given[Symbol.toStringTag]}` : shown(given)
  return invalid(`${table}: ${what} is not rows: an array of objects, an object of columns, or the bytes of Arrow IPC`, { table })
}

function isColumns(given: unknown): boolean {
  return typeof given === 'object' && given !== null && !ArrayBuffer.isView(given)
}

/** Reads what a call of `score` was given. */
export function* scoreRequest(
  observations: Observations,
  given: AsOf & { posts?: Posts; fans?: FanEvents; output?: Output },
  memory: Memory,
  words?: { artistId: string | undefined },
): Steps<Request<ScoreInput>> {
  const artists = new Names()
  const buffers: ArrayBufferLike[] = []
  let ids: readonly string[] | undefined
  const form = words === undefined ? formOf(given.output) : ('Words' as Form)
  const input: ScoreInput = { artists: 0, asOf: asOf(given), form, artist: words?.artistId }
  input.observationsArrow = arrowBytes(observations, 'observations', buffers)
  if (Array.isArray(observations)) input.observations = yield* observationRows(observations as readonly Observation[], artists, memory)
  else if (input.observationsArrow === undefined) {
    if (!isColumns(observations)) throw notRows(observations, 'observations')
    input.observations = yield* observationColumns(observations as ObservationColumns, artists, buffers)
  }
  const { posts } = given
  if (posts != null) {
    input.postsArrow = arrowBytes(posts, 'posts', buffers)
    if (Array.isArray(posts)) {
      const read = yield* postRows(posts as readonly Post[], artists, memory)
      input.posts = read.input
      ids = read.ids
    } else if (input.postsArrow === undefined) {
      if (!isColumns(posts)) throw notRows(posts, 'posts')
      input.posts = yield* postColumns(posts as PostColumns, artists, buffers)
    }
  }
  const { fans } = given
  if (fans != null) {
    if (form === FORMS.columns || form === FORMS.arrow) {
      throw invalid('fans: go with the output objects; columns of fans are what `fans` gives', { column: 'fans' })
    }
    input.fansArrow = arrowBytes(fans, 'fanEvents', buffers)
    if (input.fansArrow === undefined) input.fans = yield* fanEvents(fans, artists, buffers)
  }
  input.artists = artists.list.length
  const arrow = input.observationsArrow ?? input.postsArrow ?? input.fansArrow
  // Objects and columns of artists that were numbered here are named here; the native side needs the names of all others.
  const named = form === FORMS.columns || (form === FORMS.objects && !artists.areBorrowed && fans == null && (posts == null || ids !== undefined))
  if (!named || arrow !== undefined || input.posts?.ids !== undefined) {
    input.names = yield* packed(artists.list, 'observations', 'artistId')
    if (input.posts !== undefined && ids !== undefined && form !== FORMS.arrow) input.posts.ids ??= yield* packed(ids, 'posts', 'postId')
  }
  return { input, artists, buffers, ids }
}

/** Makes of a native result what the caller asked for. */
export function* scoreResult(out: ScoreOutput, output: Output, { input, artists, ids }: Request<ScoreInput>): Steps<Analysis[] | ScoreColumns | Uint8Array> {
  switch (output) {
    case 'arrow':
      return out.arrow as Uint8Array
    case 'columns': {
      const { asOf: day, windowDays, algorithm, settingsHash, droppedRows } = out
      const artistId = out.names === undefined ? artists.list : yield* unpacked(out.names)
      const columns = yield* columnsOf(out.columns)
      const viral = yield* columnsOf(out.viral)
      return { artistId, asOf: day, windowDays, algorithm, settingsHash, droppedRows, ...columns, viral } as unknown as ScoreColumns
    }
    default: {
      const analyses = yield* unpack<Analysis>(out.packs)
      if (input.names === undefined) yield* label(analyses, artists.list, ids ?? [], out.viralRows)
      return analyses
    }
  }
}

/** Analyses per step. */
const STEP = 256

/** Puts in the ids of artists and viral posts. */
function* label(analyses: Analysis[], names: readonly string[], ids: readonly string[], rows: Uint32Array): Steps<void> {
  let next = 0
  for (let i = 0; i < analyses.length; i += 1) {
    const analysis = analyses[i]
    analysis.artistId = names[i]
    for (const post of analysis.viral.posts) post.postId = ids[rows[next++]]
    if (i % STEP === 0) yield
  }
}

/** Reads what a call of `fans` was given. */
export function* fanRequest(events: FanEvents, given: AsOf & { output?: Output }): Steps<Request<FanInput>> {
  const artists = new Names()
  const buffers: ArrayBufferLike[] = []
  const input: FanInput = { asOf: asOf(given), form: formOf(given.output) }
  input.arrow = arrowBytes(events, 'fanEvents', buffers)
  if (input.arrow === undefined) {
    input.columns = yield* fanEvents(events, artists, buffers)
    input.artists = yield* packed(artists.list, 'fanEvents', 'artistId')
  }
  return { input, artists, buffers }
}

/** Fan events given as objects or as columns. */
function* fanEvents(events: FanEvents, artists: Names, buffers: ArrayBufferLike[]): Steps<NonNullable<ScoreInput['fans']>> {
  if (Array.isArray(events)) return yield* fanRows(events as readonly FanEvent[], artists, new Names())
  if (!isColumns(events)) throw notRows(events, 'fanEvents')
  return yield* fanColumns(events as FanEventColumns, artists, buffers)
}

/** Makes of a native result what the caller asked for. */
export function* fanResult(out: FanOutput, output: Output): Steps<FanReport<Fan[] | FanColumns | Uint8Array>> {
  const artists = yield* unpack<ArtistFans>(out.artists)
  const { laterEvents } = out
  if (output === 'arrow') return { fans: out.arrow as Uint8Array, artists, laterEvents }
  const fans = output === 'columns' ? ((yield* columnsOf(out.columns)) as unknown as FanColumns) : yield* unpack<Fan>(out.packs)
  return { fans, artists, laterEvents }
}

type Stop = InstanceType<typeof native.Stop>

function ended(signal: Signal | undefined): boolean {
  return signal?.aborted === true
}

/** Reads in slices, calls a native function that works on another thread, and makes the result in slices. */
export async function elsewhere<I, O, R>(
  request: () => Steps<Request<I>>,
  call: (input: I, stop: Stop) => Promise<O>,
  result: (out: O, request: Request<I>) => Steps<R>,
  signal: Signal | undefined,
): Promise<R> {
  if (ended(signal)) throw signal?.reason
  const read = await inSlices(request(), signal)
  const { input, buffers } = read
  const stop = new native.Stop()
  const abort = (): void => stop.stop()
  signal?.addEventListener('abort', abort, { once: true })
  let out: O
  try {
    out = await call(input, stop)
  } catch (e) {
    throw ended(signal) ? signal?.reason : ours(e)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
  if (ended(signal)) throw signal?.reason
  if (buffers.some(isDetached)) throw invalid('an array was transferred while it was read; leave the arrays alone until the promise settles')
  return await inSlices(result(out, read), signal)
}
