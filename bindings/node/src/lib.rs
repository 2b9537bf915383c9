//! FanPulse for Node, the native side: columns in, columns and packs out. `ts/` makes of it what users see.

mod analysis;
mod arrow_rows;
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
mod table;
mod text;
mod times;
