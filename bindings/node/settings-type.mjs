// Writes ts/settings.ts: the type of the settings, made from the defaults of the built add-on.

import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { NativeEngine } = createRequire(import.meta.url)('./fanpulse.node')
const defaults = JSON.parse(new NativeEngine('{}').settings)
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())

function type(value, indent) {
  if (value === null) return 'number | null'
  if (typeof value === 'number') return 'number'
  if (typeof value === 'string') return 'string | Record<string, number>'
  if (!Array.isArray(value)) {
    const fields = Object.entries(value).map(([name, inner]) => `${indent}  ${camel(name)}?: ${type(inner, `${indent}  `)}\n`)
    return `{\n${fields.join('')}${indent}}`
  }
  if (value.length === 0) return 'string[]'
  if (typeof value[0] === 'object' && !Array.isArray(value[0])) return `${type(value[0], indent)}[]`
  return Array.isArray(value[0]) ? '[x: number, y: number][]' : `[${value.map(() => 'number').join(', ')}]`
}

writeFileSync(
  new URL('ts/settings.ts', import.meta.url),
  `/* Made by settings-type.mjs from the engine's defaults; not to be edited by hand. */

/**
 * All thresholds, weights and curves; what is left out has its default, which \`new Engine().settings\` shows. Meaning, unit and range
 * of each stand in \`fanpulse_core::settings\`. A curve is a list of knots.
 */
export interface Settings ${type(defaults, '')}
`,
)
