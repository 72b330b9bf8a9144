#!/usr/bin/env python3
"""Fashion-MNIST, from the Debian package dataset-fashion-mnist.

    fashion.py FOLDER_WITH_IDX_FILES OUT_DIR

writes OUT_DIR/base.fvecs (the 60,000 training images, 784 pixels each) and
OUT_DIR/query.fvecs (1,000 of the test images, picked by a fixed seed).
"""
import array
import gzip
import os
import random
import struct
import sys

HELD_OUT = 1000
SEED = 20240521


def read_images(path):
    """Returns the images of an IDX file as a list of bytes."""
    with gzip.open(path) as file:
        magic, count, rows, columns = struct.unpack(">4i", file.read(16))
        if magic != 2051:
            sys.exit(f"{path}: not an IDX file of images (magic {magic})")
        size = rows * columns
        return [file.read(size) for _ in range(count)]


def write_set(path, images):
    with open(path, "wb") as file:
        for image in images:
            file.write(struct.pack("<i", len(image)))
            floats = array.array("f", list(image))
            if sys.byteorder == "big":
                floats.byteswap()
            floats.tofile(file)
    name = os.path.splitext(os.path.basename(path))[0]
    print(f"{name}: {len(images)} x {len(images[0])}")


def main(source, directory):
    base = read_images(os.path.join(source, "train-images-idx3-ubyte.gz"))
    test = read_images(os.path.join(source, "t10k-images-idx3-ubyte.gz"))
    queries = random.Random(SEED).sample(test, HELD_OUT)
    write_set(os.path.join(directory, "base.fvecs"), base)
    write_set(os.path.join(directory, "query.fvecs"), queries)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
