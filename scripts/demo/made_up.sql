-- Vectors for a machine that can't have the word vectors: 100,000 rows and
-- 1,000 queries of 64 dimensions, around 500 centres.
SELECT setseed(0.5);

CREATE TEMP TABLE centres AS
  SELECT c, array_agg(random() * 2 - 1) AS centre
  FROM generate_series(0, 499) AS c, generate_series(1, 64)
  GROUP BY c;

-- The sum of three random numbers is close enough to a bell curve.
CREATE TEMP TABLE made AS
  SELECT id, array_agg((x + random() + random() + random() - 1.5)::real
                       ORDER BY place) AS embedding
  FROM generate_series(1, 101000) AS id
    JOIN centres ON c = (id * 7919) % 500,
    unnest(centre) WITH ORDINALITY AS dimension(x, place)
  GROUP BY id;

INSERT INTO words
  SELECT id, 'vector ' || id, embedding FROM made WHERE id <= 100000;
INSERT INTO queries
  SELECT id - 100000, 'query ' || id - 100000, embedding
  FROM made WHERE id > 100000;
