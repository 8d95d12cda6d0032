// Every chunk's bytes against the chunk's name.
#include <fmt/format.h>

#include "server/storage/check_pass.h"
#include "server/storage/codec.h"

namespace objstore::storage {
namespace {

// A cursor keeps what it sees from being cleaned up, and reading everything takes hours.
constexpr std::size_t kRowsPerCursor = 1000;

struct Row {
  std::string key;
  std::string value;
};

class DataCheck {
 public:
  DataCheck(const DataSources& sources, const CheckOptions& options, Findings& findings)
      : sources_(sources), options_(options), findings_(findings) {}
  Status run();

 private:
  Result<std::vector<Row>> next_rows(const std::string& from) const;
  Status look(const Row& row);
  Status verify(const ChunkKey& chunk, const ChunkRow& row, const Location& location);

  const DataSources& sources_;
  const CheckOptions& options_;
  Findings& findings_;
  BufferPool buffers_{ChunkRecord::kStoredBytesMax, 1};
};

Result<std::vector<Row>> DataCheck::next_rows(const std::string& from) const {
  std::vector<Row> rows;
  const auto cursor = sources_.metadata.scan(Table::kChunks, {});
  for (cursor->seek(from); cursor->valid() && rows.size() < kRowsPerCursor; cursor->next())
    rows.push_back({std::string(cursor->key()), std::string(cursor->value())});
  OBJSTORE_TRY(cursor->status());
  return rows;
}

Status DataCheck::verify(const ChunkKey& chunk, const ChunkRow& row, const Location& location) {
  OBJSTORE_ASSIGN(const StoredChunk stored, sources_.read(location));
  if (stored.raw_size != row.raw_size || row.raw_size > ChunkRecord::kStoredBytesMax)
    return fail(Errc::kCorrupt, "the bytes there have another size");
  Buffer raw = buffers_.acquire();
  OBJSTORE_TRY(decode_chunk(stored.bytes.view(), stored.transforms, row.raw_size, raw));
  if (stored.id != chunk.id || sha256(raw.view()) != chunk.id)
    return fail(Errc::kCorrupt, "the bytes there are those of another chunk");
  return {};
}

Status DataCheck::look(const Row& bytes) {
  const auto row = decode_chunk(bytes.value);
  if (!row || bytes.key.size() != kChunkKeyBytes) return {};  // the check of the rows says so
  const ChunkKey chunk = chunk_of_key(bytes.key);
  std::size_t good = 0;
  std::vector<std::string> failures;
  for (const Placement& placement : row->placements) {
    if (placement.quarantined) continue;
    const Status verified = verify(chunk, *row, placement.location);
    if (verified) {
      ++good;
      continue;
    }
    failures.push_back(fmt::format("segment {}, offset {}: {}", id_text(placement.location.segment),
                                   placement.location.offset, verified.error().message));
  }
  if (failures.empty()) return {};
  if (sources_.chunk_now) {
    OBJSTORE_ASSIGN(const auto now, sources_.chunk_now(bytes.key));
    if (now != bytes.value) return {};  // it has moved or gone meanwhile
  }
  findings_.add({.severity = good > 0 ? Severity::kLeak : Severity::kDamage,
                 .kind = "chunk-unreadable",
                 .message = fmt::format("chunk {} is damaged ({}){}", id_text(chunk), fmt::join(failures, "; "),
                                        good > 0 ? "; another copy of it is good" : ""),
                 .advice = good > 0 ? "Run objd scrub: it replaces the damaged copy."
                                    : "Upload one of the named objects again: that heals all of them. Or restore them "
                                      "from a backup.",
                 .chunk = chunk});
  return {};
}

Status DataCheck::run() {
  std::string from;
  while (true) {
    OBJSTORE_ASSIGN(const std::vector<Row> rows, next_rows(from));
    if (rows.empty()) return {};
    for (const Row& row : rows) {
      if (options_.cancelled()) return fail(Errc::kCancelled, "the check was stopped");
      OBJSTORE_TRY(look(row));
    }
    from = rows.back().key + std::string(1, '\0');
    // Chunk ids are digests: how far the walk is shows in their first bytes.
    const auto& last = chunk_of_key(rows.back().key).id;
    options_.progress((static_cast<double>(last[0]) * 256 + static_cast<double>(last[1])) / 65536);
  }
}

}  // namespace

Status check_data(const DataSources& sources, const CheckOptions& options, Findings& findings) {
  return DataCheck(sources, options, findings).run();
}

}  // namespace objstore::storage
