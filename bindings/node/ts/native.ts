import type * as Binding from '../native.js'

/** The add-on. */
export const native: typeof Binding = require('../fanpulse.node')

export type {
  Codes,
  FanInput,
  FanOutput,
  NamedColumn,
  NativeEngine,
  NativeLive,
  NativeModel,
  ObservationInput,
  Pack,
  PostInput,
  ScoreInput,
  ScoreOutput,
  Text,
  TimeColumn as NativeTimes,
} from '../native.js'
