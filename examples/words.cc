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
  batch.Put(1, std::vector<float>{0.9f, 0.1f, 0.0f});
  batch.Put(2, std::vector<float>{0.8f, 0.2f, 0.1f});
  batch.Put(3, std::vector<float>{0.0f, 0.1f, 0.9f});
  if (auto status = (*db)->Write(batch); !status.ok()) return Fail(status);

  // A snapshot does not see what is written later.
  auto snapshot = (*db)->GetSnapshot();
  if (!snapshot.ok()) return Fail(snapshot.status());
  if (auto status = (*db)->Delete(2); !status.ok()) return Fail(status);

  const std::vector<float> query = {1.0f, 0.0f, 0.0f};
  auto now = (*db)->Search(query, 2);
  auto before = (*db)->Search(query, 2, {.snapshot = *snapshot});
  if (!now.ok()) return Fail(now.status());
  if (!before.ok()) return Fail(before.status());
  for (const auto& row : *now) {
    std::printf("now    id %d at %.4f\n", int(row.id), row.distance);
  }
  for (const auto& row : *before) {
    std::printf("before id %d at %.4f\n", int(row.id), row.distance);
  }
  return 0;
}
