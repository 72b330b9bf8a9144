// Stores a few vectors and asks for the nearest ones.
#include <pomai/db.h>

#include <cstdio>
#include <vector>

int Fail(const pomai::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

int main(int argc, char** argv) {
  pomai::Options options;
  options.dimensions = 3;
  options.metric = pomai::Metric::kCosine;
  auto db = pomai::DB::Open(options, argc > 1 ? argv[1] : "words-db");
  if (!db.ok()) return Fail(db.status());

  // A batch is applied as a whole, and durable when Write returns.
  pomai::WriteBatch batch;
  batch.Put(1, std::vector{0.9f, 0.1f, 0.0f});
  batch.Put(2, std::vector{0.8f, 0.2f, 0.1f});
  batch.Put(3, std::vector{0.0f, 0.1f, 0.9f});
  if (auto status = (*db)->Write(batch); !status.ok()) return Fail(status);

  // A snapshot does not see what is written later.
  auto snapshot = (*db)->GetSnapshot();
  if (!snapshot.ok()) return Fail(snapshot.status());
  if (auto status = (*db)->Delete(2); !status.ok()) return Fail(status);

  const std::vector query{1.0f, 0.0f, 0.0f};
  for (bool now : {true, false}) {
    auto rows =
        (*db)->Search(query, 2, {.snapshot = now ? nullptr : *snapshot});
    if (!rows.ok()) return Fail(rows.status());
    for (const auto& row : *rows)
      std::printf("%s id %d at %.4f\n", now ? "now   " : "before", int(row.id),
                  row.distance);
  }
}
