//! FanPulse for Node, the native side: columns in, columns and packs out. `ts/` makes of it what users see.

mod alerts;
mod analysis;
mod arrow_rows;
mod clusters;
mod columns;
mod engine;
mod error;
mod fans;
mod live;
mod pack;
mod pieces;
mod score;
mod series;
mod shape;
mod stream;
mod table;
mod text;
mod times;
mod train;
