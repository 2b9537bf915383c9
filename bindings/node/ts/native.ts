import type * as Binding from '../native.js'

/** The add-on. */
export const native: typeof Binding = require('../fanpulse.node')

export type {
  ClusterInput,
  ClusterOutput,
  Codes,
  FanInput,
  FanOutput,
  NamedColumn,
  NativeEngine,
  NativeLive,
  NativeModel,
  NativeStream,
  ObservationInput,
  Pack,
  PostInput,
  ScoreInput,
  ScoreOutput,
  TrainInput,
  Text,
  TimeColumn as NativeTimes,
} from '../native.js'
