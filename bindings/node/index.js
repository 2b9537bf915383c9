'use strict'

const native = require('./fanpulse.node')

module.exports.score = native.score
// `async`, so that wrong input rejects as everything else does.
module.exports.scoreAsync = async (observations, posts, options) => native.scoreAsync(observations, posts, options)
