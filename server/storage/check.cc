#include "server/storage/check.h"

#include <fmt/format.h>

#include <cstring>

#include "common/base/bytes.h"
#include "server/storage/check_pass.h"
#include "server/storage/segment_tally.h"

namespace objstore::storage {
namespace {

std::string hex(std::string_view bytes) {
  return to_hex(as_bytes(bytes));
}

}  // namespace

std::string id_text(std::uint64_t id) {
  return fmt::format("{:#x}", id);
}

std::string id_text(const ChunkKey& chunk) {
  return to_hex(chunk.id);
}

ChunkKey chunk_of_key(std::string_view key) {
  ChunkKey chunk;
  chunk.domain = read_u32_be(key);
  std::memcpy(chunk.id.data(), key.data() + 4, chunk.id.size());
  return chunk;
}

bool Share::has(const ChunkKey& chunk) const noexcept {
  if (of == 1) return true;
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < sizeof id; ++i) id = id << 8 | static_cast<std::uint64_t>(chunk.id[i]);
  return has(id);
}

Status CheckPass::walk(Table table, std::string_view prefix, const Visit& visit) const {
  const auto cursor = metadata_.scan(table, prefix);
  for (std::uint64_t rows = 0; cursor->valid(); cursor->next(), ++rows) {
    if (rows % kRowsBetweenLooks == 0 && options_.cancelled()) return fail(Errc::kCancelled, "the check was stopped");
    visit(cursor->key(), cursor->value());
  }
  return cursor->status();
}

std::uint64_t CheckPass::shares(std::uint64_t rows) const noexcept {
  return rows / options_.entries_max + 1;
}

Result<RowCounts> check_rows(const CheckPass& pass, Findings& findings) {
  RowCounts counts;
  const auto report = [&](Table table, std::string_view key, std::string_view why) {
    findings.add({.severity = Severity::kDamage,
                  .kind = "row-unreadable",
                  .message = fmt::format("the row {} of table {} cannot be read: {}", hex(key), to_string(table), why),
                  .advice = std::string(kAdviceReport)});
  };
  const auto look = [&](Table table, std::size_t key_bytes, std::uint64_t* count, const auto& decode) -> Status {
    return pass.walk(table, {}, [&](std::string_view key, std::string_view value) {
      if (count != nullptr) ++*count;
      if (key.size() != key_bytes) return report(table, key, "its key has the wrong length");
      if (const auto row = decode(value); !row) report(table, key, row.error().message);
    });
  };
  const auto number = [](std::string_view value) -> Result<std::uint64_t> {
    if (value.size() != 8) return fail(Errc::kCorrupt, "a blob id of the wrong length");
    return read_u64_be(value);
  };
  constexpr std::size_t kId = 8;
  constexpr std::size_t kPage = 12;
  constexpr std::size_t kChunk = kChunkKeyBytes;
  OBJSTORE_TRY(look(Table::kBlobs, kId, &counts.blobs, decode_blob));
  OBJSTORE_TRY(look(Table::kBlobPages, kPage, nullptr, decode_chunk_page));
  OBJSTORE_TRY(look(Table::kManifests, kPage, &counts.manifests, decode_manifest_page));
  OBJSTORE_TRY(look(Table::kChunks, kChunk, &counts.chunks, decode_chunk));
  OBJSTORE_TRY(look(Table::kQueue, kId, nullptr, decode_release));
  OBJSTORE_TRY(look(Table::kContents, kChunk, nullptr, number));
  OBJSTORE_TRY(pass.walk(Table::kCounts, {}, [&](std::string_view key, std::string_view value) {
    ++counts.counters;
    const bool known = (key.size() == 1 + kChunk && key[0] == 'c') ||
                       (key.size() == 1 + kId && std::string_view("bmsun").contains(key[0]));
    if (!known) return report(Table::kCounts, key, "there is no such counter");
    if (const auto count = decode_counter(std::string(value)); !count || *count < 0)
      report(Table::kCounts, key, "no count");
  }));
  for (const std::string_view key : {kRunKey, kChunkAverageKey, kQuarantineKey, kCheckpointKey}) {
    OBJSTORE_TRY(pass.walk(Table::kStore, key, [&](std::string_view found, std::string_view value) {
      if (found == key && value.size() != 8) report(Table::kStore, found, "no number");
    }));
  }
  return counts;
}

Status check_storage(const CheckSources& sources, const CheckOptions& options, Findings& findings) {
  const CheckPass pass(sources.metadata, options);
  OBJSTORE_ASSIGN(const RowCounts counts, check_rows(pass, findings));
  const std::uint64_t of_blobs = pass.shares(counts.blobs);
  const std::uint64_t of_manifests = pass.shares(counts.manifests);
  const std::uint64_t of_chunks = pass.shares(counts.chunks);
  const auto all = static_cast<double>(of_blobs + of_manifests + of_chunks);
  double done = 0;
  for (std::uint64_t i = 0; i < of_blobs; ++i) {
    OBJSTORE_TRY(check_blobs(pass, sources, {i, of_blobs}, findings));
    options.progress(++done / all);
  }
  for (std::uint64_t i = 0; i < of_manifests; ++i) {
    OBJSTORE_TRY(check_manifests(pass, sources, {i, of_manifests}, findings));
    options.progress(++done / all);
  }
  SegmentTally segments(sources.segments);
  for (std::uint64_t i = 0; i < of_chunks; ++i) {
    OBJSTORE_TRY(check_chunks(pass, sources, {i, of_chunks}, segments, findings));
    options.progress(++done / all);
  }
  return check_segments(pass, segments, findings);
}

}  // namespace objstore::storage
